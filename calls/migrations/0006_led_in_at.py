from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0005_dialed_at")]

    operations = [
        migrations.AddField(
            model_name="callleg",
            name="led_in_at",
            field=models.DateTimeField(help_text="When the customer was first told to join their partner", null=True),
        ),
    ]
