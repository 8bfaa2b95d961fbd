// The call at hand, or the one before: what it is, orders, transfer, note and wrap-up.

import { ask, order, say } from "../backoffice/backoffice.js";
import * as drafts from "./desk_drafts.js";
import { address, byId, called, choices, keyed, make, problem, put, show, tick } from "./desk_parts.js";

const STAGES = {
    ringing: ["Ringing", "info", (call, agent) => `Your ${agent.phone_kind} rings: pick up${agent.presses_1 ? " and press 1" : ""} to take the call.`],
    press: ["Picked up", "info", () => "Press 1 on your phone to take the call."],
    calling: ["Calling you first", "info", (call, agent) => `Pick up your ${agent.phone_kind}${agent.presses_1 ? " and press 1" : ""}: then the customer is dialed.`],
    dialing: ["Ringing them", "info", () => "The customer's phone rings."],
    talking: ["Talking", "good", () => ""],
    held: ["On hold", "warning", () => "The customer hears music and does not hear you."],
    consulting: ["Warm transfer", "warning", () => "The customer hears music. If you hang up your phone, the transfer is completed."],
    consulted: ["You are asked", "info", () => "A colleague wants to hand this customer to you. You talk with the colleague; the customer hears music."],
    ending: ["Ending", "plain", () => "The call is being ended."],
};
const DONE = {
    hold: "The customer is on hold", resume: "You talk with the customer", complete: "The customer is handed over",
    cancel: "The customer is back with you", hangup: "The call is being ended",
    pause_recording: "The recording pauses", resume_recording: "It is recorded again",
};

let shown = { id: "", call: null, agent: null, last: null };
let busy = false;
let codes = [];
let again = () => {};
let changed = () => {};

/** `refresh` asks for the desk again at once; `noted` is told when a note or code was saved. */
export function begin(refresh, noted) {
    again = refresh;
    changed = noted;
    for (const element of document.querySelectorAll("#orders [data-order]")) {
        element.addEventListener("click", () => command(element.dataset.order));
    }
    byId("transfer-close").addEventListener("click", () => openTransfer(false));
    byId("transfer-to").addEventListener("change", () => show("transfer-number-row", byId("transfer-to").value === "number"));
    for (const radio of document.querySelectorAll("#transfer [name=how]")) radio.addEventListener("change", askTargets);
    byId("transfer").addEventListener("submit", transfer);
    byId("wrap-up").addEventListener("submit", setCode);
    byId("finish").addEventListener("click", finish);
    byId("note").addEventListener("submit", saveNote);
    byId("note-text").addEventListener("input", () => {
        if (!shown.id) return;
        drafts.keep(shown.id, byId("note-text").value, called(shown.call || shown.last));
        put("note-state", byId("note-text").value.trim() ? "Not saved yet" : "");
    });
    byId("note-text").addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("note").requestSubmit();
    });
}

export function offerCodes(rows) {
    codes = rows;
    choices(byId("code"), ["", rows]);
    show("code", rows.length > 0);
    show("code-word", rows.length === 0);
}

export function render({ call, last, agent }) {
    const about = call || last;
    const id = about && (!call || call.mine) ? about.id : "";
    if (id !== shown.id) change(id);
    const stage = call ? call.stage : about && about.wrapping_up ? "wrap_up" : "none";
    if (stage !== byId("call").dataset.stage) announce(call, agent, stage);
    shown = { id, call, agent, last };
    byId("call").dataset.stage = stage;
    show("no-call", !about);
    show("call-body", Boolean(about));
    drafts.showOthers(id);
    put("call-heading", call ? (call.direction === "outbound" ? "Your call" : "Call from") : about ? (about.wrapping_up ? "After the call" : "Your last call") : "No call");
    if (!about) return;
    put("who", called(about));
    put("who-number", about.name ? about.number_words : "");
    put("call-queue", about.queue || "–");
    put("our-number", about.our_number);
    put("recording", call ? call.recording : "–");
    if (!call) put("call-path", "–");
    show(byId("recording").parentElement, Boolean(call));
    show(byId("call-path").parentElement, Boolean(call && id));
    show("note", Boolean(id));
    show("notes", Boolean(id));
    renderStage(call, agent);
    renderOrders(call);
    renderWrapUp(call ? null : about, agent);
}

function renderStage(call, agent) {
    show(byId("stage").parentElement, Boolean(call));
    show("stage-words", Boolean(call));
    show("target", Boolean(call && call.target));
    if (!call) return;
    const [label, tone, words] = STAGES[call.stage];
    put("stage", label);
    byId("stage").dataset.tone = tone;
    tick("call-time", call.seconds);
    put("stage-words", `${call.is_callback ? "They asked to be called back. " : ""}${words(call, agent)}`);
    show("held", ["held", "consulting"].includes(call.stage));
    tick("held-time", call.held_seconds);
    if (call.target) put("target", call.target.there ? `${call.target.who} is on the line with you.` : `${call.target.who} is being rung.`);
}

function renderOrders(call) {
    for (const element of document.querySelectorAll("#orders [data-order]")) {
        show(element, Boolean(call && call.orders.includes(element.dataset.order)));
        element.disabled = busy;
    }
    if (!call || !call.orders.includes("transfer")) openTransfer(false);
}

function renderWrapUp(last, agent) {
    show("wrap-up", Boolean(last));
    if (!last) return;
    show("wrap-up-left", last.wrapping_up);
    show("finish", last.wrapping_up);
    if (last.wrapping_up) {
        tick("wrap-up-time", agent.wrap_up_left, -1);
        put("wrap-up-words", `left, then you are ${(agent.wanted_words || "Available").toLowerCase()}`);
    }
    show("goes-on", !last.over);
    put("goes-on", last.goes_on);
    byId("code-save").disabled = busy || !last.over;
    const code = codes.find((row) => row.id === last.disposition);
    put("closed-as", last.wrapped_up ? `Closed as: ${code ? code.name : last.disposition}` : "");
}

function announce(call, agent, stage) {
    document.title = `${call && ["ringing", "press", "calling"].includes(stage) ? `☎ ${called(call)} – ` : ""}My desk | ZeroVoice`;
    if (!call) return put("announce", stage === "wrap_up" ? "Wrap-up: close the call" : "");
    const [label, , words] = STAGES[stage];
    put("announce", `${label}: ${called(call)}${call.queue ? `, ${call.queue}` : ""}. ${words(call, agent)}`);
}

/** Another call is in front of the person: their note for it, and none of what they chose for the one before. */
function change(id) {
    byId("note-text").value = id ? drafts.draft(id) : "";
    put("note-state", byId("note-text").value ? "Not saved yet" : "");
    byId("code").value = byId("code-word").value = "";
    for (const name of ["note-problem", "code-problem", "transfer-problem"]) problem(name, "");
    byId("notes").replaceChildren();
    put("call-path", "–");
    if (id) details(id);
}

/** Notes of the call and how they came. Asked when the call changes, and now and then. */
export async function details(id = shown.id) {
    if (!id) return;
    const told = await ask(address(`calls/${id}`)).catch((error) => console.warn(error));
    if (!told || told.id !== shown.id) return;
    put("call-path", told.path.join(" → ") || "Straight to you");
    notes(byId("notes"), told.notes);
}

export function notes(list, rows) {
    keyed(list, rows, () => {
        const line = make("li");
        line.append(make("div", "desk-text"), make("div", "bo-muted"));
        return line;
    }, (line, row) => {
        put(line.firstElementChild, row.text);
        put(line.lastElementChild, `${row.author}, ${row.at}`);
    });
}

async function run(act, done, complaint = "") {
    if (busy) return false;
    busy = true;
    renderOrders(shown.call);
    if (complaint) problem(complaint, "");
    try {
        await act();
        if (done) say(done);
        return true;
    } catch (error) {
        if (complaint) problem(complaint, error.message);
        else say(error.message, "bad");
        return false;
    } finally {
        busy = false;
        renderOrders(shown.call);
        again();
    }
}

export function command(name) {
    if (!shown.call || !shown.call.orders.includes(name)) return;
    if (name === "transfer") {
        openTransfer(byId("transfer").hidden);
        return;
    }
    run(() => order(address(`calls/${shown.call.id}/order/${name}`)), DONE[name]);
}

async function openTransfer(open) {
    show("transfer", open);
    document.querySelector("[data-order=transfer]").setAttribute("aria-expanded", String(open));
    if (!open) return;
    problem("transfer-problem", "");
    await askTargets();
    byId("transfer-to").focus();
}

async function askTargets() {
    const warm = document.querySelector("#transfer [name=how]:checked").value === "warm";
    try {
        const told = await ask(address("targets"));
        const agents = told.agents.map((row) => ({ id: `agent:${row.id}`, name: `${row.name} (${row.state.toLowerCase()})`, disabled: !row.free }));
        const queues = told.queues.map((row) => ({ id: `queue:${row.id}`, name: `${row.name} (${row.free} free)`, disabled: warm && !row.free }));
        choices(byId("transfer-to"), ["Agents", agents], ["Queues", queues], ["Somebody else", [{ id: "number", name: "A phone number…" }]]);
        show("transfer-number-row", byId("transfer-to").value === "number");
    } catch (error) {
        problem("transfer-problem", error.message);
    }
}

async function transfer(event) {
    event.preventDefault();
    const how = document.querySelector("#transfer [name=how]:checked").value;
    const [kind, id] = byId("transfer-to").value.split(":");
    const number = byId("transfer-number").value.replace(/[\s().\-/]/g, "");
    const target = kind === "number" ? { target_number: number } : { [`target_${kind}_id`]: id };
    const callId = shown.call.id;
    const body = { transfer_type: how, ...target };
    const done = how === "warm" ? "The customer is on hold; they are being rung" : "The customer is being handed over";
    if (await run(() => order(address(`calls/${callId}/transfer`), body), done, "transfer-problem")) {
        byId("transfer-number").value = "";
        openTransfer(false);
    }
}

async function setCode(event) {
    event.preventDefault();
    const disposition = codes.length ? byId("code").value : byId("code-word").value.trim();
    if (!disposition) return problem("code-problem", "Choose a code first");
    const callId = shown.id;
    if (await run(() => order(address(`calls/${callId}/disposition`), { disposition }), "The code is set", "code-problem")) changed();
}

function finish() {
    const state = shown.agent.wanted || "available";
    run(() => order(address("presence"), { state }), "");
}

async function saveNote(event) {
    event.preventDefault();
    const [callId, text] = [shown.id, byId("note-text").value];
    if (!text.trim()) return problem("note-problem", "Write something first");
    byId("note-save").disabled = true;
    problem("note-problem", "");
    try {
        await drafts.save(callId, text);
        if (shown.id === callId) {
            if (byId("note-text").value === text) byId("note-text").value = "";
            put("note-state", byId("note-text").value ? "Not saved yet" : "Saved");
            details(callId);
        }
        changed();
    } catch (error) {
        problem("note-problem", `${error.message}. The note stays here until it is saved.`);
    } finally {
        byId("note-save").disabled = false;
    }
}
