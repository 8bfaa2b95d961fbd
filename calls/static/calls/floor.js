// The live floor: asks each second, draws, ticks, hears keys. Whatever may be ordered is in floor_orders.js.

import { confirm, follow, say } from "../backoffice/backoffice.js";
import { draw, drawLevel, level, ORDERS } from "./floor_board.js";
import { orders } from "./floor_orders.js";
import { make, now, put, setNow, tick } from "./floor_rows.js";

const board = JSON.parse(document.getElementById("floor-board").textContent);
const page = document.querySelector(".bo-page");
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: board.zone });
const keysOff = "zv.floor.keys-off";
let floor = null;
let tag = "";
let seen = 0; // when the server last answered, by its clock
const over = new Set();

// --- what is seen --------------------------------------------------------------------------------------------------

function show(told) {
    setNow(told.now);
    seen = told.now;
    if (told.floor) {
        floor = told.floor;
        tag = told.tag;
        draw(floor, board, isWall());
        rove();
        clip();
    }
    second();
}

function second() {
    put(document.getElementById("floor-clock"), seen ? clock.format(now() * 1000) : "");
    tick();
    if (!floor) return;
    for (const body of document.querySelectorAll("#floor-queues > tbody")) drawLevel(body);
    for (const queue of floor.queues) announce(queue);
    document.getElementById("figure-longest").parentElement.dataset.level = over.size ? "bad" : "";
    put(document.getElementById("figure-longest-words"), over.size ? "wait over the limit" : "longest wait");
}

/** Read out: that a queue is over its limit, and that it no longer is. */
function announce(queue) {
    const is = level(queue).over;
    if (is === over.has(queue.id)) return;
    if (is) over.add(queue.id);
    else over.delete(queue.id);
    const waiting = queue.waiting === 1 ? "1 caller is" : `${queue.waiting} callers are`;
    put(document.getElementById("floor-said"), is ? `${queue.name} is over the limit: ${waiting} waiting` : `${queue.name} is within the limit again`);
}

function tell(fresh, trouble) {
    const mark = document.getElementById("floor-stale");
    page.classList.toggle("floor-is-stale", !fresh);
    if (fresh) put(mark, "");
    else if (!seen) put(mark, "Nothing heard from the server yet");
    else put(mark, `Not up to date: last update ${clock.format(seen * 1000)}. ${trouble ? trouble.message : "The server does not answer"}`);
}

const refresh = follow(() => `${board.state}&have=${tag}`, show, tell);
setInterval(second, 1000);

// --- rows and keys -------------------------------------------------------------------------------------------------

const act = orders(board, { refresh: () => refresh(), floor: () => floor });
const itemOf = (row) => row.floorItem || row.parentElement.floorItem;

/** One row of each table is reached with Tab, and its buttons; the arrows go on from there. */
function rove() {
    for (const table of document.querySelectorAll(".floor-table")) {
        const rows = [...table.querySelectorAll("[data-row]")];
        if (rows.length && !rows.some((row) => row.tabIndex === 0)) makeCurrent(rows[0]);
    }
}

function makeCurrent(row) {
    for (const other of row.closest("table").querySelectorAll("[data-row]")) {
        const tab = other === row ? 0 : -1;
        if (other.tabIndex === tab) continue;
        other.tabIndex = tab;
        for (const button of other.querySelectorAll("button")) button.tabIndex = tab;
    }
}

page.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) makeCurrent(row);
});

page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order]");
    if (button) act[button.dataset.order](itemOf(button.closest("[data-row]")));
});

function press(row, key) {
    const item = itemOf(row);
    if (row.dataset.row === "queue" && key === "Enter") row.querySelector(".floor-open").click();
    else if (row.dataset.row === "agent" && key === "s" && board.write) act.state(item);
    else if (row.dataset.row === "call" && board.write) {
        const [, name, , title] = ORDERS.find(([letter]) => letter === key) || [];
        if (!name) return false;
        if (item.can.includes(name)) act[name](item);
        else say(`${title}: not now. ${item.words}`, "bad");
    } else return false;
    return true;
}

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea, dialog")) return;
    const row = document.activeElement?.closest("[data-row]");
    if (row && ["ArrowDown", "ArrowUp"].includes(event.key)) {
        const rows = [...page.querySelectorAll("[data-row]")].filter((other) => other.checkVisibility());
        rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
        event.preventDefault();
        return;
    }
    if (localStorage.getItem(keysOff)) return;
    const onButton = row && event.key === "Enter" && event.target !== row; // which does what it says
    let done = true;
    if (event.key === "f") toggleWall();
    else if (event.key === "?") help();
    else done = Boolean(row && !onButton && press(row, event.key));
    if (done) event.preventDefault();
});

async function help() {
    if (document.querySelector("dialog[open]")) return;
    const keys = [
        ["↑ ↓", "from row to row"],
        ["Enter", "who waits in the queue"],
        ...(board.write ? [...ORDERS.map(([key, , , title]) => [key, title.toLowerCase()]), ["s", "change an agent's state"]] : []),
        ["f", "full screen, and back"],
        ["?", "this list"],
    ];
    const list = make("dl", { className: "floor-keys" });
    for (const [key, meaning] of keys) list.append(make("dt", {}, make("kbd", { textContent: key })), make("dd", { textContent: meaning }));
    const box = make("input", { type: "checkbox", checked: !localStorage.getItem(keysOff) });
    const choice = make("label", { className: "floor-choice" }, box, " Single letters are orders");
    if (!(await confirm("Keys of the live floor", { yes: "Close", inputs: [list, choice] }))) return;
    if (box.checked) localStorage.removeItem(keysOff);
    else localStorage.setItem(keysOff, "1");
}

// --- the wall ------------------------------------------------------------------------------------------------------

const isWall = () => document.body.classList.contains("floor-wall");
let awake = null;

function setWall(on) {
    document.body.classList.toggle("floor-wall", on);
    const button = document.getElementById("floor-full");
    button.setAttribute("aria-pressed", String(on));
    put(button, on ? "Leave full screen" : "Full screen");
    if (floor) {
        draw(floor, board, on);
        clip();
    }
    keepAwake();
}

/** What has no room on the wall is counted below the list: nobody scrolls there. */
function clip() {
    for (const [name, more] of [["queues", floor.more_queues], ["agents", floor.more_agents]]) {
        const section = document.getElementById(`floor-${name}`).closest("section");
        const rest = document.getElementById(`floor-${name}-more`);
        const rows = [...section.querySelectorAll("[data-row]")];
        for (const row of rows) row.classList.remove("floor-no-room");
        if (!isWall()) continue;
        const bottom = section.getBoundingClientRect().bottom - 2.2 * parseFloat(getComputedStyle(section).fontSize);
        const hidden = rows.filter((row) => row.checkVisibility() && row.getBoundingClientRect().bottom > bottom);
        for (const row of hidden) row.classList.add("floor-no-room");
        rest.hidden = !(hidden.length + more);
        put(rest.querySelector("a") || rest, `and ${hidden.length + more} more`);
    }
}

async function toggleWall() {
    const on = !isWall();
    setWall(on);
    try {
        if (on) await document.documentElement.requestFullscreen();
        else if (document.fullscreenElement) await document.exitFullscreen();
    } catch {
        // The browser does not let us: the wall then fills the window
    }
}

/** A wall has nobody who moves the mouse. Browsers let go of the lock whenever the page is hidden. */
async function keepAwake() {
    if (!isWall() || document.hidden) {
        await awake?.release();
        awake = null;
    } else if (navigator.wakeLock && (!awake || awake.released)) {
        awake = await navigator.wakeLock.request("screen").catch(() => null); // low battery, say
    }
}

document.getElementById("floor-full").addEventListener("click", toggleWall);
document.getElementById("floor-help").addEventListener("click", help);
document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && isWall()) setWall(false);
});
window.addEventListener("resize", () => floor && clip());
document.addEventListener("visibilitychange", keepAwake);
keepAwake();
