// Notes as they are typed, kept by this tab until they are saved: a reload, a new call or a lost connection loses none.

import { order, say } from "../backoffice/backoffice.js";
import { address, agent, button, byId, keyed, make, put, show } from "./desk_parts.js";

const PREFIX = `desk:${agent}:note:`;

export function draft(callId) {
    return JSON.parse(sessionStorage.getItem(PREFIX + callId) || "null")?.text || "";
}

export function keep(callId, text, who) {
    if (text.trim()) sessionStorage.setItem(PREFIX + callId, JSON.stringify({ text, who }));
    else sessionStorage.removeItem(PREFIX + callId);
}

export const drop = (callId) => sessionStorage.removeItem(PREFIX + callId);

export async function save(callId, text) {
    await order(address(`calls/${callId}/notes`), { text });
    if (draft(callId).trim() === text.trim()) drop(callId);
}

function all() {
    return Object.keys(sessionStorage)
        .filter((key) => key.startsWith(PREFIX))
        .map((key) => ({ id: key.slice(PREFIX.length), ...JSON.parse(sessionStorage.getItem(key)) }));
}

/** Those of other calls than the one whose note is open. */
export function showOthers(openCallId) {
    const rows = all().filter((row) => row.id !== openCallId);
    show("drafts", rows.length > 0);
    keyed(byId("draft-list"), rows, create, (line, row) => {
        put(line.querySelector("strong"), row.who);
        put(line.querySelector(".desk-more"), row.text.length > 120 ? `${row.text.slice(0, 120)}…` : row.text);
    });
}

function create(row) {
    const [line, main, buttons] = [make("li"), make("div", "desk-main"), make("div", "desk-buttons")];
    main.append(make("strong"), make("div", "desk-more"));
    buttons.append(
        button("Save", async () => {
            try {
                await save(row.id, draft(row.id));
                say("The note is saved");
                line.remove();
            } catch (error) {
                say(error.message, "bad");
            }
        }),
        button("Throw away", () => {
            drop(row.id);
            line.remove();
        }),
    );
    line.append(main, buttons);
    return line;
}

window.addEventListener("beforeunload", (event) => {
    if (all().length) event.preventDefault();
});
