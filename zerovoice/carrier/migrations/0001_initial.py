import django.core.validators
import django.db.models.deletion
import zerovoice.lib.clock
import zerovoice.lib.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CarrierAccount',
            fields=[
                ('id', models.UUIDField(default=zerovoice.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=zerovoice.lib.clock.now, editable=False)),
                ('account_sid', models.CharField(max_length=34, unique=True, validators=[django.core.validators.RegexValidator('^AC[0-9a-f]{32}$', 'An account SID is AC and 32 hexadecimal digits')])),
                ('auth_token', models.TextField(help_text="Signs the account's webhooks")),
                ('api_key_sid', models.CharField(blank=True, default='', max_length=34, validators=[django.core.validators.RegexValidator('^SK[0-9a-f]{32}$', 'An API key SID is SK and 32 hexadecimal digits')])),
                ('api_key_secret', models.TextField(blank=True, default='')),
                ('active', models.BooleanField(default=True, help_text="Off: the instance's account is used, webhooks are refused")),
                ('organization', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='carrier_account', to='accounts.organization')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('state', models.CharField(choices=[('pending', 'Pending'), ('processing', 'Processing'), ('done', 'Done'), ('failed', 'Failed')], default='pending', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField(default=zerovoice.lib.clock.machine_now)),
                ('hinted_at', models.DateTimeField(editable=False, null=True)),
                ('lease_expires_at', models.DateTimeField(editable=False, null=True)),
                ('last_error', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(default=zerovoice.lib.clock.machine_now, editable=False)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('id', models.UUIDField(default=zerovoice.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('ref', models.UUIDField()),
                ('key', models.CharField(max_length=300, unique=True)),
                ('account_sid', models.CharField(max_length=34)),
                ('payload', models.JSONField()),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'processing'])), fields=['due_at'], name='receipt_unfinished'), models.Index(fields=['ref'], name='receipt_ref')],
            },
        ),
        migrations.CreateModel(
            name='Command',
            fields=[
                ('id', models.UUIDField(default=zerovoice.lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('processing', 'Processing'), ('done', 'Done'), ('failed', 'Failed')], default='pending', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField(default=zerovoice.lib.clock.machine_now)),
                ('hinted_at', models.DateTimeField(editable=False, null=True)),
                ('lease_expires_at', models.DateTimeField(editable=False, null=True)),
                ('last_error', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(default=zerovoice.lib.clock.machine_now, editable=False)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('kind', models.CharField(max_length=40)),
                ('target_id', models.UUIDField(help_text='The row it is about')),
                ('payload', models.JSONField(blank=True, default=dict)),
                ('unique_key', models.CharField(blank=True, default='', max_length=200)),
                ('at_most_once', models.BooleanField(default=False)),
                ('give_up_at', models.DateTimeField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'processing'])), fields=['due_at'], name='command_unfinished'), models.Index(fields=['target_id'], name='command_target')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('unique_key', ''), _negated=True), fields=('organization', 'kind', 'unique_key'), name='command_unique_key')],
            },
        ),
    ]
