// The agent's desk: asks each second what there is, hands it to the parts of the page, and sees to presence and keys.

import { ask, follow, order, say } from "../backoffice/backoffice.js";
import * as call from "./desk_call.js";
import * as day from "./desk_day.js";
import { address, byId, clock, keyed, make, put, show, tick } from "./desk_parts.js";
import * as person from "./desk_person.js";

const TONES = { available: "good", ringing: "info", busy: "info", wrap_up: "warning", break: "warning", offline: "plain" };
const KEYS = "desk:keys";
const EVERY = 20_000; // milliseconds, for what changes seldom
let before = ""; // the call and its stage: when they change, so has what was between us
let lastAnswer = performance.now();

function render(told) {
    lastAnswer = performance.now();
    presence(told.agent);
    queues(told.queues);
    call.render(told);
    const about = told.call || told.last;
    if (about) person.follow(about.number || "unknown");
    const now = `${about ? about.id : ""} ${told.call ? told.call.stage : told.agent.state} ${about && about.over}`;
    if (before !== now) {
        before = now;
        noted();
    }
}

function presence(agent) {
    put("state", agent.state_words);
    byId("state").dataset.tone = TONES[agent.state];
    tick("state-time", agent.seconds);
    put("state-reason", agent.reason ? `Reason: ${agent.reason}. ` : "");
    put("wanted", agent.wanted ? `After this call: ${agent.wanted_words.toLowerCase()}.` : "");
    put("phone", `${agent.name}, ${agent.phone_kind} ${agent.phone}`);
    const chosen = agent.wanted || (["ringing", "busy", "wrap_up"].includes(agent.state) ? "available" : agent.state);
    for (const element of document.querySelectorAll("[data-presence]")) {
        element.setAttribute("aria-pressed", String(element.dataset.presence === chosen));
    }
}

async function setPresence(state) {
    const reason = state === "available" ? "" : byId("reason").value.trim();
    try {
        const told = await order(address("presence"), { state, reason });
        if (told.state !== state && state !== "available") say("That comes true after this call");
        byId("reason").value = "";
    } catch (error) {
        say(error.message, "bad");
    }
    once();
}

function queues(rows) {
    show("no-queues", !rows.length);
    keyed(byId("queues"), rows, () => {
        const line = make("li");
        line.append(make("strong"), make("span", "bo-label"));
        return line;
    }, (line, row) => {
        put(line.querySelector("strong"), row.name);
        const label = line.querySelector(".bo-label");
        put(label, row.waiting ? `${row.waiting} waiting, longest ${clock(row.longest)}` : "Nobody waits");
        label.dataset.tone = row.waiting ? "warning" : "plain";
    });
}

/** What changes with the call, or now and then: the day's lists, notes, and whom it is with. */
async function seldom() {
    const told = await ask(address("day")).catch((error) => console.warn(error));
    if (!told) return;
    call.offerCodes(told.codes);
    day.render(told);
}

async function noted() {
    await Promise.all([seldom(), person.again()]);
}

function freshness(fresh, trouble) {
    show("stale", !fresh);
    const why = trouble?.message || "No answer";
    if (!fresh) put("stale", `No word from the server for ${Math.round((performance.now() - lastAnswer) / 1000)} s (${why.toLowerCase()}). What you see may be old; what you type is kept.`);
}

// --- keys: letters alone, so they are off until the person wants them ---

const SHORTCUTS = {
    a: () => setPresence("available"),
    b: () => setPresence("break"),
    o: () => setPresence("offline"),
    h: () => {
        call.command("hold");
        call.command("resume");
    },
    t: () => call.command("transfer"),
    n: () => byId("note-text").focus(),
    w: () => byId("code").focus(),
    f: () => byId("finish").hidden || byId("finish").click(),
    d: () => byId("dial-to").focus(),
};

function pressed(event) {
    const typing = event.target.closest?.("input, textarea, select, dialog, [contenteditable]");
    if (!byId("keys-on").checked || typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const act = SHORTCUTS[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
}

call.begin(() => once(), noted);
person.begin((id) => day.details(id));
day.begin(() => {
    once();
    noted();
});
for (const element of document.querySelectorAll("[data-presence]")) {
    element.addEventListener("click", () => setPresence(element.dataset.presence));
}
byId("reason").addEventListener("keydown", (event) => {
    if (event.key === "Enter") setPresence("break");
});
byId("keys-on").checked = localStorage.getItem(KEYS) === "on";
byId("keys-on").addEventListener("change", (event) => localStorage.setItem(KEYS, event.target.checked ? "on" : "off"));
byId("keys-help").addEventListener("click", () => byId("keys").showModal());
byId("keys-close").addEventListener("click", () => byId("keys").close());
document.addEventListener("keydown", pressed);
const once = follow(address("now"), render, freshness);
setInterval(() => {
    // Behind other windows too: the title says that it rings.
    if (document.hidden) ask(address("now")).then(render, (error) => console.warn(error));
}, 3000);
setInterval(() => {
    if (document.hidden) return;
    seldom();
    call.details();
    person.again();
}, EVERY);
