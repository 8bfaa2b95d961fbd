from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from calls.actions import agents
from calls.admin.forms import SkillLevelsFormField
from calls.admin.queue import QueueFilter
from calls.models import Agent, Prompt, Queue
from calls.serializers.agent import WriteAgentSerializer
from zerovoice.accounts.admin import organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import OrganizationFilter, since
from zerovoice.accounts.models import User
from zerovoice.api.errors import ApiError
from zerovoice.api.principal import Principal
from zerovoice.backoffice.forms import ActionAdmin, ActionForm
from zerovoice.lib import phone


class AgentForm(ActionForm):
    serializer = WriteAgentSerializer
    names = {"user_id": "user", "queue_ids": "in_queues", "voicemail_prompt_id": "voicemail_prompt"}
    in_queues = forms.ModelMultipleChoiceField(
        Queue.objects.none(), required=False, label="Queues", widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    skills = SkillLevelsFormField(help_text="What they know, and how well (1 to 10): french 8, billing 5")

    class Meta:
        model = Agent
        fields = [
            "organization",
            "name",
            "endpoint",
            "user",
            "press_to_accept",
            "missed_limit",
            "skills",
            "voicemail_greeting",
            "voicemail_prompt",
        ]
        widgets: ClassVar = {"voicemail_greeting": UnfoldAdminTextareaWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance._state.adding and "in_queues" in self.fields:
            self.initial.setdefault("in_queues", list(self.instance.queues.all()))

    def payload(self) -> dict[str, Any]:
        data = super().payload()
        user, queues, prompt = data.pop("user", None), data.pop("in_queues", ()), data.pop("voicemail_prompt", None)
        return data | {
            "user_id": str(user.pk) if user else None,
            "queue_ids": [str(queue.pk) for queue in queues],
            "voicemail_prompt_id": str(prompt.pk) if prompt else None,
        }


class AgentQueueFilter(QueueFilter):
    parameter_name = "memberships__queue"


@admin.register(Agent)
class AgentAdmin(ActionAdmin):
    scope = "calls"
    write_scope = "settings"
    form = AgentForm
    fields = [
        ("name", "organization"),
        ("endpoint", "press_to_accept"),
        ("user", "state_label"),
        "in_queues",
        ("skills", "missed_limit"),
        ("voicemail_greeting", "voicemail_prompt"),
    ]
    readonly_fields = ["state_label"]
    list_display = [
        "name",
        "state_label",
        "for_how_long",
        "why",
        "phone",
        "in_which_queues",
        "knows",
        "missed_in_a_row",
    ]
    list_filter = [OrganizationFilter, "state", AgentQueueFilter]
    list_filter_submit = True
    list_select_related = ["organization", "user"]
    list_per_page = 100
    sortable_by = ["name"]
    search_fields = ["name", "endpoint"]
    actions = ["set_available", "set_on_break", "set_offline"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        return super().get_queryset(request).prefetch_related("queues")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "user" in form.base_fields:  # not so for those who may only read
            fields = form.base_fields
            fields["in_queues"].queryset = self.narrowed(request, obj, Queue.objects.all())
            fields["voicemail_prompt"].queryset = self.narrowed(request, obj, Prompt.objects.all())
            members = self.narrowed(request, obj, User.objects.all(), "memberships__organization")
            fields["user"].queryset = members.order_by("email").distinct()
            fields["user"].required = False
        return form

    def perform(self, principal: Principal, obj: Agent | None, checked: dict[str, Any]) -> Agent:
        return agents.save_agent(principal=principal, agent=obj, **checked)

    def perform_delete(self, principal: Principal, obj: Agent) -> None:
        agents.delete_agent(principal=principal, agent=obj)

    # --- actions ---

    def has_presence_permission(self, request: HttpRequest) -> bool:
        """A supervisor sets presences without being allowed to change agents, as in the API."""
        return staff_user(request).is_superuser or bool(organizations_with(request, "calls:write"))

    @admin.action(description="Set available", permissions=["presence"])
    def set_available(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        self._set(request, queryset, Agent.State.AVAILABLE)

    @admin.action(description="Set on a break", permissions=["presence"])
    def set_on_break(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        self._set(request, queryset, Agent.State.BREAK)

    @admin.action(description="Set offline", permissions=["presence"])
    def set_offline(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        self._set(request, queryset, Agent.State.OFFLINE)

    def _set(self, request: HttpRequest, queryset: QuerySet[Agent], state: Agent.State) -> None:
        rows = queryset.select_related("organization")
        if not staff_user(request).is_superuser:
            rows = rows.filter(organization__in=organizations_with(request, "calls:write"))
        done, later = 0, []
        for agent in rows:
            try:
                after = agents.set_presence(
                    principal=principal_in(request, agent.organization), agent=agent, state=state
                )
            except ApiError as error:
                self.message_user(request, f"{agent.name}: {error.message}", "ERROR")
                continue
            done += 1
            if after.state != state:
                later.append(agent.name)
        if done:
            self.message_user(request, f"{done} {'agent' if done == 1 else 'agents'}: {state.label.lower()}")
        if later:
            self.message_user(request, f"After their present call: {', '.join(later)}", "INFO")

    # --- columns ---

    @display(
        description="State",
        label={
            "Available": "success", "Ringing": "info", "Busy": "info", "Wrap Up": "warning", "Break": "warning",
            "Offline": "default",
        },
    )  # fmt: skip
    def state_label(self, agent: Agent) -> str:
        return str(agent.get_state_display())

    @display(description="For")
    def for_how_long(self, agent: Agent) -> str:
        return since(agent.state_since)

    @display(description="Why")
    def why(self, agent: Agent) -> str:
        reason = {"no_answer": "did not answer"}.get(agent.state_reason, agent.state_reason)
        after = f"then {agent.get_wanted_state_display().lower()}" if agent.wanted_state else ""
        return ", ".join(filter(None, [reason, after])) or "–"

    @display(description="Phone")
    def phone(self, agent: Agent) -> str:
        return phone.spelt(agent.endpoint)

    @display(description="Knows")
    def knows(self, agent: Agent) -> str:
        return ", ".join(f"{skill} {level}" for skill, level in agent.skills.items()) or "–"

    @display(description="Missed in a row")
    def missed_in_a_row(self, agent: Agent) -> str:
        return f"{agent.missed} of {agent.missed_limit}" if agent.missed else "–"

    @display(description="Queues")
    def in_queues(self, agent: Agent) -> str:
        """For those who may only read; the form's own field otherwise."""
        return self.in_which_queues(agent)

    @display(description="Queues")
    def in_which_queues(self, agent: Agent) -> str:
        return ", ".join(sorted(queue.name for queue in agent.queues.all())) or "–"
