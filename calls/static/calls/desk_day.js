// Around the call: calling somebody, today's calls and one of them in detail, voicemails.

import { ask, order, say } from "../backoffice/backoffice.js";
import { notes } from "./desk_call.js";
import * as drafts from "./desk_drafts.js";
import { address, button, byId, called, choices, keyed, lists, make, problem, put, show } from "./desk_parts.js";
import { fill, line } from "./desk_person.js";

const FROM = "desk:from"; // the number that was called from last
let again = () => {};
let open = ""; // the call in the dialog
let who = ""; // with whom it was
let searched = 0;

export function begin(refresh) {
    again = refresh;
    byId("dial").addEventListener("submit", dial);
    byId("dial-to").addEventListener("input", find);
    byId("details-close").addEventListener("click", () => byId("details").close());
    byId("details-code").addEventListener("submit", (event) => {
        event.preventDefault();
        change("disposition", { disposition: byId("details-code-choice").value }, "The code is set");
    });
    byId("details-note").addEventListener("submit", async (event) => {
        event.preventDefault();
        if (!(await change("notes", { text: byId("details-text").value }, "The note is saved"))) return;
        byId("details-text").value = "";
        drafts.drop(open);
    });
    byId("details-text").addEventListener("input", () => drafts.keep(open, byId("details-text").value, who));
}

export function render(told) {
    const from = byId("dial-from");
    const first = !from.options.length;
    choices(from, ["", told.numbers]);
    if (first && told.numbers.some((row) => row.id === localStorage.getItem(FROM))) from.value = localStorage.getItem(FROM);
    byId("dial-go").disabled = !told.numbers.length;
    put("dial-hint", told.numbers.length ? "Your phone rings first; when you have picked up, they are dialed." : "Your organization has no number that can place calls.");
    choices(byId("details-code-choice"), ["", told.codes]);
    show("details-code", told.codes.length > 0);
    keyed(byId("today"), told.calls, () => line(details), fill);
    show("no-calls", !told.calls.length);
    keyed(byId("voicemails"), told.voicemails, message, fillMessage);
    show("no-voicemails", !told.voicemails.length);
}

// --- calling ---

async function find() {
    problem("dial-problem", "");
    const words = byId("dial-to").value.trim();
    const mine = ++searched;
    await new Promise((resolve) => setTimeout(resolve, 250));
    if (mine !== searched) return;
    const told = words.length < 2 ? { found: [] } : await ask(address("find", { q: words })).catch(() => ({ found: [] }));
    if (mine !== searched) return;
    show("dial-found", told.found.length > 0);
    keyed(byId("dial-found"), told.found, found, () => {});
}

function found(row) {
    const [item, choose] = [make("li"), make("button", "", [row.name, row.company, row.words].filter(Boolean).join(" · "))];
    choose.type = "button";
    choose.addEventListener("click", () => {
        searched += 1;
        byId("dial-to").value = row.number;
        show("dial-found", false);
        byId("dial-go").focus();
    });
    item.append(choose);
    return item;
}

async function dial(event) {
    event.preventDefault();
    const number = byId("dial-to").value.replace(/[\s().\-/]/g, "");
    if (!/^\+?\d+$/.test(number)) return problem("dial-problem", "Choose one of the contacts found, or write a number such as +14155550142");
    byId("dial-go").disabled = true;
    problem("dial-problem", "");
    try {
        const from = byId("dial-from").value;
        await order(address("outbound"), { from_number: from, to_number: number, record: byId("dial-record").checked });
        localStorage.setItem(FROM, from);
        byId("dial-to").value = "";
        show("dial-found", false);
        say("Your phone rings first");
    } catch (error) {
        problem("dial-problem", number.startsWith("+") ? error.message : `${error.message}: begin with + and the country's code`);
    } finally {
        byId("dial-go").disabled = false;
        again();
    }
}

// --- one call in detail ---

/** Opens the dialog; notes and code of a call can be added at any time. */
export async function details(id) {
    open = id;
    problem("details-problem", "");
    byId("details-code-choice").value = "";
    byId("details-text").value = drafts.draft(id);
    if (await refresh()) byId("details").showModal();
}

async function refresh() {
    try {
        const told = await ask(address(`calls/${open}`));
        const arrow = told.direction === "outbound" ? "Call to" : "Call from";
        who = called(told);
        put("details-heading", `${arrow} ${who}`);
        const facts = { When: told.at, Queue: told.queue, "How they came": told.path.join(" → "), "Who spoke": told.spoke.join(", "), Outcome: told.outcome, Waited: told.waited, Talked: told.talked, "On hold": told.held, End: told.ended_by };
        byId("details-facts").replaceChildren(...Object.entries(facts).filter(([, text]) => text && text !== "–").map(fact));
        byId("details-link").hidden = !lists.calls;
        byId("details-link").href = `${lists.calls}${told.id}/change/`;
        byId("details-code").querySelector("button").disabled = !told.over;
        notes(byId("details-notes"), told.notes);
        return true;
    } catch (error) {
        say(error.message, "bad");
        return false;
    }
}

function fact([name, text]) {
    const made = make("div");
    made.append(make("dt", "", name), make("dd", "", text));
    return made;
}

async function change(what, body, done) {
    problem("details-problem", "");
    try {
        await order(address(`calls/${open}/${what}`), body);
        say(done);
        refresh();
        again();
        return true;
    } catch (error) {
        problem("details-problem", error.message);
        return false;
    }
}

// --- voicemails ---

function message(row) {
    const [item, main, buttons] = [make("li"), make("div", "desk-main"), make("div", "desk-buttons")];
    main.append(make("strong"), document.createTextNode(" "), make("span", "bo-label"), make("div", "desk-more"));
    if (row.can_be_heard) {
        const sound = Object.assign(make("audio"), { controls: true, preload: "none", src: address(`voicemails/${row.id}/audio`) });
        sound.setAttribute("aria-label", `Message of ${called(row)}`);
        main.append(sound);
    }
    if (row.can_be_called) buttons.append(button("Call back", () => act(row, "call-back", {}, "Your phone rings first")));
    buttons.append(
        button("Mark as read", () => act(row, "status", { status: "read" }, "Marked as read")),
        button("Archive", () => act(row, "status", { status: "archived" }, "Archived")),
    );
    item.append(main, buttons);
    return item;
}

function fillMessage(item, row) {
    put(item.querySelector("strong"), called(row));
    put(item.querySelector(".desk-more"), [row.at, row.name && row.number_words, `in the box of ${row.box}`, row.length].filter(Boolean).join(" · "));
    put(item.querySelector(".bo-label"), row.is_new ? "New" : "Read");
    item.querySelector(".bo-label").dataset.tone = row.is_new ? "info" : "plain";
    for (const element of item.querySelectorAll("button")) {
        if (element.textContent === "Mark as read") show(element, row.is_new);
    }
}

async function act(row, what, body, done) {
    try {
        await order(address(`voicemails/${row.id}/${what}`), body);
        say(done);
    } catch (error) {
        say(error.message, "bad");
    }
    again();
}
