// Who is on the line: the contact, what was between us, and making them a contact.

import { ask, order, say } from "../backoffice/backoffice.js";
import { notes } from "./desk_call.js";
import { address, button, byId, called, keyed, lists, make, problem, put, show } from "./desk_parts.js";

let number = null; // whose is shown
let knownAs = ""; // for whom a new contact is being written
let openCall = () => {};

export function begin(openDetails) {
    openCall = openDetails;
    byId("new-contact").addEventListener("submit", save);
    byId("new-contact-close").addEventListener("click", () => close());
}

/** Shows whoever has that number; the same again only when it is asked `anew`. */
export async function follow(wanted, anew = false) {
    if (!wanted || (wanted === number && !anew)) return;
    number = wanted;
    const told = await ask(address("person", { number })).catch((error) => console.warn(error));
    if (told && told.number === number) render(told);
}

/** Whoever is shown, as things are by now. */
export const again = () => follow(number, true);

function render(told) {
    show("no-person", false);
    show("person-body", true);
    const contact = told.contact;
    put("person-name", contact ? contact.name : told.can_be_known ? "Not a contact yet" : "Unknown");
    put("person-number", told.number_words);
    put("person-facts", contact ? [contact.company, contact.email, contact.place].filter(Boolean).join(" · ") : "");
    keyed(byId("person-tags"), (contact ? contact.tags : []).map((tag) => ({ id: tag })), () => make("span", "bo-label"), (label, row) => put(label, row.id));
    show("person-refused", Boolean(told.refused));
    put("person-refused", told.refused ? `Do not call: ${told.refused}` : "");
    links(told);
    notes(byId("person-notes"), told.notes);
    if (!told.notes.length) byId("person-notes").replaceChildren(make("li", "bo-muted", "No notes in calls with you."));
    keyed(byId("person-calls"), told.calls, () => line((id) => openCall(id)), fill);
    if (!told.calls.length) byId("person-calls").replaceChildren(make("li", "bo-muted", "None yet."));
}

function links(told) {
    const made = [];
    if (told.contact && lists.contacts) made.push(link("Open the contact", `${lists.contacts}${told.contact.id}/change/`));
    if (told.can_be_known && lists.messages) made.push(link("Messages", `${lists.messages}?q=${encodeURIComponent(told.number)}`));
    if (!told.contact && told.can_be_known) made.push(button("New contact", () => write(told)));
    byId("person-links").replaceChildren(...made);
}

function link(text, href) {
    return Object.assign(make("a", "", text), { href });
}

/** A call in a list of this person's or of the day's. */
export function line(open) {
    const [row, main, buttons] = [make("li"), make("div", "desk-main"), make("div", "desk-buttons")];
    main.append(make("strong"), make("div", "desk-more"));
    buttons.append(make("span", "bo-label"), button("Details", () => open(row.dataset.key)));
    row.append(main, buttons);
    return row;
}

export function fill(row, call) {
    const arrow = call.direction === "outbound" ? "↗ to" : "↙ from";
    put(row.querySelector("strong"), `${arrow} ${called(call)}`);
    put(row.querySelector(".desk-more"), [call.at, call.name && call.number_words, call.queue, call.over && call.lasted !== "–" && `lasted ${call.lasted}`].filter(Boolean).join(" · "));
    const label = row.querySelector(".bo-label");
    put(label, call.outcome);
    label.dataset.tone = call.wrapped_up ? "info" : call.over ? "plain" : "good";
    row.querySelector("button").setAttribute("aria-label", `Details of the call ${arrow} ${called(call)}, ${call.at}`);
}

/** The form keeps the number it was opened for, and what is typed, whoever calls meanwhile. */
function write(told) {
    if (!byId("new-contact").hidden && knownAs !== told.number) {
        say(`Save or cancel the contact for ${byId("new-contact-number").textContent} first`, "bad");
    } else {
        knownAs = told.number;
        put("new-contact-number", told.number_words);
        show("new-contact", true);
    }
    byId("new-name").focus();
}

function close() {
    byId("new-contact").reset();
    problem("new-contact-problem", "");
    show("new-contact", false);
}

async function save(event) {
    event.preventDefault();
    const tags = byId("new-tags").value.split(",").map((tag) => tag.trim()).filter(Boolean);
    const body = { name: byId("new-name").value, phone: knownAs, company: byId("new-company").value, email: byId("new-email").value, tags };
    problem("new-contact-problem", "");
    try {
        await order(address("contacts"), body);
        say(`${body.name} is a contact now`);
        close();
        follow(number, true);
    } catch (error) {
        problem("new-contact-problem", error.message);
    }
}
