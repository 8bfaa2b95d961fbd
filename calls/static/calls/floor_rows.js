// Rows that stay the same elements from one answer to the next, so that focus, scrolling and what is unfolded survive;
// and times that go on between answers.

let told = 0;
let heard = 0;

/** The server's clock, in Unix seconds: its last word and what has passed here since. The browser's clock may be wrong. */
export const now = () => told + (performance.now() - heard) / 1000;

export function setNow(seconds) {
    told = seconds;
    heard = performance.now();
}

/** 0:05, 1:02:03. */
export function lasting(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const rest = String(whole % 60).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** Only what changes is written: nothing flickers, nothing is read out again. */
export function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

export function putLabel(element, text, tone) {
    put(element, text);
    if (element.dataset.tone !== tone) element.dataset.tone = tone;
    element.hidden = !text;
}

/** Shows for how long it has lasted, until `tick` is told otherwise. */
export function putSince(element, since) {
    element.dataset.since = since ?? "";
    put(element, since == null ? "" : lasting(now() - since));
}

export function tick() {
    for (const element of document.querySelectorAll("[data-since]")) {
        if (element.dataset.since) put(element, lasting(now() - Number(element.dataset.since)));
    }
}

export function make(tag, { role, ...properties } = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    if (role) element.setAttribute("role", role);
    element.append(...children);
    return element;
}

/** A cell; `label` stands before it where the table is shown as cards. */
export function cell(label, className, ...children) {
    const made = make("td", { role: "cell", className }, ...children);
    made.dataset.label = label;
    return made;
}

export function icon(name) {
    const made = make("span", { className: "material-symbols-outlined floor-icon", textContent: name });
    made.setAttribute("aria-hidden", "true");
    return made;
}

/**
 * Make `parent`'s rows those of `items`, in their order: `build(item)` once for each id, `draw(row, item)` each time.
 * Where the row with the focus is gone, its neighbour has it.
 */
export function keyed(parent, items, build, draw) {
    const rows = (parent.floorRows ??= new Map());
    const active = document.activeElement;
    const wanted = new Set(items.map((item) => item.id));
    let orphan = null;
    for (const [id, row] of rows) {
        if (wanted.has(id)) continue;
        if (row.contains(active)) orphan = focusable(row.nextElementSibling) || focusable(row.previousElementSibling) || parent.closest("section");
        row.remove();
        rows.delete(id);
    }
    let last = null;
    for (const item of items) {
        let row = rows.get(item.id);
        if (!row) {
            row = build(item);
            row.floorItem = item;
            rows.set(item.id, row);
        }
        row.floorItem = item;
        draw(row, item);
        const next = last ? last.nextElementSibling : firstRow(parent);
        if (row !== next) parent.insertBefore(row, next);
        last = row;
    }
    if (orphan) orphan.focus({ preventScroll: true });
    else if (active && active !== document.activeElement && parent.contains(active)) active.focus({ preventScroll: true });
}

const firstRow = (parent) => [...parent.children].find((child) => child.floorItem) || null; // past the table's head

function focusable(row) {
    if (!row) return null;
    return row.matches("[data-row]") ? row : row.querySelector("[data-row]");
}
