// How queues, agents and calls are drawn.

import { cell, icon, keyed, lasting, make, now, put, putLabel, putSince } from "./floor_rows.js";

const NEAR = 0.75; // of a queue's limit: from there on it is amber
const TONES = {
    ...{ ringing: "info", waiting: "warning", menu: "plain", talking: "good", held: "warning", transfer: "info" },
    ...{ voicemail: "plain", ending: "plain" },
};
const STATES = {
    ...{ available: ["ready", "good"], ringing: ["ringing", "info"], busy: ["in a call", "info"] },
    ...{ wrap_up: ["in wrap-up", "warning"], break: ["on a break", "warning"], offline: ["offline", "plain"] },
};
const RECORDINGS = {
    ...{ on: "Recorded", paused: "Recording paused", later: "Will be recorded" },
    ...{ refused: "Not recorded: did not agree", off: "Not recorded" },
};
/** key, order, symbol, what it is called */
export const ORDERS = [
    ["l", "listen", "hearing", "Listen"],
    ["w", "whisper", "record_voice_over", "Whisper"],
    ["b", "barge", "campaign", "Barge in"],
    ["t", "transfer", "phone_forwarded", "Transfer"],
    ["h", "hangup", "call_end", "Hang up"],
];

export const called = (customer) => customer.name || customer.number;

/** What a queue's longest wait means. */
export function level(queue) {
    if (queue.longest == null) return { over: false, tone: "plain", words: "" };
    const waited = now() - queue.longest;
    if (waited > queue.service_level) return { over: true, tone: "bad", words: "Over the limit" };
    if (waited >= NEAR * queue.service_level) return { over: false, tone: "warning", words: "Near the limit" };
    return { over: false, tone: "good", words: "In time" };
}

function customerCell(label, page) {
    const name = make("a", { className: "bo-strong" });
    const number = make("span", { className: "bo-muted" });
    const made = cell(label, "floor-customer", name, " ", number);
    made.show = ({ id, customer }) => {
        name.href = `${page}${id}/change/`;
        put(name, called(customer));
        put(number, customer.name ? customer.number : "");
    };
    return made;
}

// --- queues --------------------------------------------------------------------------------------------------------

function buildQueue(queue) {
    const line = `floor-line-${queue.id}`;
    const open = make("button", { type: "button", className: "floor-open", tabIndex: -1 }, icon("chevron_right"), make("span"));
    open.setAttribute("aria-expanded", "false");
    open.setAttribute("aria-controls", line);
    const row = make(
        "tr", { role: "row", tabIndex: -1 },
        cell("Queue", "bo-strong", open),
        cell("Waiting", "bo-number floor-big", make("span"), make("small", { className: "bo-muted" })),
        cell("Longest wait", "bo-number floor-big", make("span"), make("small", { className: "bo-muted floor-below" })),
        cell("Service", "", make("span", { className: "bo-label" })),
        cell("Ready", "bo-number floor-big"),
        cell("In calls", "bo-number floor-big"),
    );
    row.dataset.row = "queue";
    const list = make("ol", { className: "floor-line" });
    const unfolded = make("tr", { role: "row", hidden: true, id: line }, cell("", "", list, make("p", { className: "bo-muted" })));
    unfolded.firstChild.colSpan = 6;
    const body = make("tbody", { role: "rowgroup" }, row, unfolded);
    open.addEventListener("click", () => {
        unfolded.hidden = !unfolded.hidden;
        open.setAttribute("aria-expanded", String(!unfolded.hidden));
    });
    return body;
}

function drawQueue(body, queue, board) {
    const [row, unfolded] = body.children;
    const [name, waiting, longest, , ready, busy] = row.children;
    put(name.querySelector("span:last-child"), queue.name);
    put(waiting.firstChild, String(queue.waiting));
    put(waiting.lastChild, queue.callbacks ? ` and ${queue.callbacks} to call back` : "");
    putSince(longest.firstChild, queue.longest);
    if (queue.longest == null) put(longest.firstChild, "–");
    put(longest.lastChild, `limit ${lasting(queue.service_level)}`);
    put(ready, String(queue.ready));
    put(busy, String(queue.in_calls));
    drawLevel(body);
    const [list, rest] = unfolded.firstChild.children;
    keyed(list, queue.line, () => buildWaiting(board), (item, entry) => item.show(entry));
    const more = queue.waiting + queue.callbacks - queue.line.length;
    put(rest, more > 0 ? `and ${more} more` : queue.line.length ? "" : "Nobody is waiting");
}

/** Told each second, for time passes without the server. */
export function drawLevel(body) {
    const queue = body.floorItem;
    const { tone, words } = level(queue);
    putLabel(body.children[0].children[3].firstChild, words || "Nobody waits", tone);
    body.dataset.level = tone;
}

function buildWaiting(board) {
    const name = make("a");
    const number = make("span", { className: "bo-muted" });
    const wait = make("span", { className: "floor-time" });
    const note = make("span", { className: "bo-label" });
    const item = make("li", {}, name, " ", number, " ", wait, " ", note);
    item.show = (entry) => {
        name.href = `${board.call_page}${entry.call}/change/`;
        put(name, called(entry.customer));
        put(number, entry.customer.name ? entry.customer.number : "");
        putSince(wait, entry.since);
        putLabel(note, entry.note, "plain");
    };
    return item;
}

// --- agents --------------------------------------------------------------------------------------------------------

function buildAgent(board) {
    const row = make(
        "tr", { role: "row", tabIndex: -1 },
        cell("Agent", "", make("span", { className: "bo-strong" }), make("small", { className: "bo-muted floor-below" })),
        cell("State", "", make("span", { className: "bo-label" }), make("small", { className: "bo-muted floor-below" })),
        cell("For", "bo-number", make("span")),
        cell("Call", "floor-with", make("a")),
    );
    row.dataset.row = "agent";
    if (board.write) {
        row.append(cell("", "floor-orders", orderButton("state", "edit", "Change state", "s")));
    }
    return row;
}

function drawAgent(row, agent, board) {
    const [name, state, since, call, orders] = row.children;
    row.dataset.state = agent.state;
    put(name.firstChild, agent.name);
    put(name.lastChild, agent.queues.join(", "));
    putLabel(state.firstChild, agent.words, STATES[agent.state][1]);
    put(state.lastChild, [agent.reason, agent.afterwards && `then ${agent.afterwards}`].filter(Boolean).join(", "));
    putSince(since.firstChild, agent.since);
    put(call.firstChild, agent.call ? called(agent.call.customer) : "");
    if (agent.call) call.firstChild.href = `${board.call_page}${agent.call.id}/change/`;
    else call.firstChild.removeAttribute("href");
    orders?.firstChild.setAttribute("aria-label", `Change the state of ${agent.name}`);
}

// --- calls ---------------------------------------------------------------------------------------------------------

function orderButton(name, symbol, title, key) {
    const button = make("button", { type: "button", className: "bo-button floor-order", tabIndex: -1, title: `${title} (${key})` }, icon(symbol));
    button.dataset.order = name;
    return button;
}

function buildCall(board) {
    const direction = make("span", { className: "floor-direction" });
    const customer = customerCell("Customer", board.call_page);
    customer.prepend(direction, " ");
    const row = make(
        "tr", { role: "row", tabIndex: -1 },
        customer,
        cell("Now", "", make("span", { className: "bo-label" }), " ", make("span", { className: "floor-time" })),
        cell("Queue", ""),
        cell("With", ""),
        cell("In all", "bo-number", make("span")),
        cell("Recording", "", make("span", { className: "bo-muted" }), make("span", { className: "bo-label" })),
    );
    row.dataset.row = "call";
    if (board.write) {
        row.append(cell("", "floor-orders", ...ORDERS.map(([key, name, symbol, title]) => orderButton(name, symbol, title, key))));
    }
    return row;
}

function drawCall(row, call) {
    const [customer, phase, queue, agent, all, recording, orders] = row.children;
    const inbound = call.direction === "inbound";
    if (customer.firstChild.dataset.direction !== call.direction) {
        customer.firstChild.dataset.direction = call.direction;
        customer.firstChild.title = inbound ? "Inbound" : "Outbound";
        customer.firstChild.replaceChildren(
            icon(inbound ? "call_received" : "call_made"),
            make("span", { className: "bo-only-read", textContent: inbound ? "Inbound" : "Outbound" }),
        );
    }
    customer.show(call);
    putLabel(phase.firstChild, call.words, TONES[call.phase]);
    putSince(phase.lastChild, call.since);
    put(queue, call.queue || "–");
    put(agent, call.agent || "–");
    putSince(all.firstChild, call.began);
    put(recording.firstChild, RECORDINGS[call.recording]);
    putLabel(recording.lastChild, call.listeners.join(", "), "info");
    for (const button of orders?.children || []) {
        const name = button.dataset.order;
        button.disabled = !call.can.includes(name);
        button.setAttribute("aria-label", `${button.title.replace(/ \(.\)$/, "")}: ${called(call.customer)}`);
    }
}

// --- the whole -----------------------------------------------------------------------------------------------------

function list(id, items, more, build, draw) {
    const parent = document.getElementById(`floor-${id}`);
    keyed(parent, items, build, draw);
    parent.closest("table").hidden = !items.length;
    document.getElementById(`floor-${id}-empty`).hidden = Boolean(items.length);
    const rest = document.getElementById(`floor-${id}-more`);
    put(rest.querySelector("a") || rest, more ? `and ${more} more` : "");
    rest.hidden = !more;
}

/** On a wall nobody follows rows with keys, and not all have room: those that need somebody come first. */
const urgency = (queue) => ["bad", "warning", "good", "plain"].indexOf(level(queue).tone);

export function draw(floor, board, onWall) {
    const queues = onWall ? [...floor.queues].sort((one, other) => urgency(one) - urgency(other)) : floor.queues;
    list("queues", queues, floor.more_queues, buildQueue, (body, queue) => drawQueue(body, queue, board));
    list("agents", floor.agents, floor.more_agents, () => buildAgent(board), (row, agent) => drawAgent(row, agent, board));
    list("calls", floor.calls, floor.more_calls, () => buildCall(board), drawCall);
    const states = Object.entries(STATES).map(([id, [words, tone]]) => ({ id, words, tone, number: floor.states[id] }));
    const build = () => make("li", { className: "bo-label" }, make("b"), make("span"));
    keyed(document.getElementById("floor-states"), states, build, (item, { number, words, tone }) => {
        item.dataset.tone = number ? tone : "plain";
        put(item.firstChild, String(number));
        put(item.lastChild, ` ${words}`);
    });
    figure("waiting", floor.queues.reduce((sum, queue) => sum + queue.waiting, 0));
    figure("ready", floor.states.available);
    figure("busy", floor.states.busy + floor.states.ringing);
    figure("calls", floor.calls.length + floor.more_calls);
    const longest = floor.queues.map((queue) => queue.longest).filter((since) => since != null);
    const element = document.getElementById("figure-longest");
    putSince(element, longest.length ? Math.min(...longest) : null);
    if (!longest.length) put(element, "–");
}

const figure = (name, number) => put(document.getElementById(`figure-${name}`), String(number));
