// What the desk's scripts share: where things are, lists that keep their rows, and clocks that go on between answers.

export const { at, organization, agent, ...lists } = JSON.parse(document.getElementById("desk-addresses").textContent);
export const byId = (id) => document.getElementById(id);

/** An address of the desk; it names the organization, whatever is chosen in another tab. */
export function address(path, query = {}) {
    return `${at}${path}?${new URLSearchParams({ in: organization, ...query })}`;
}

/** Sets a text only where it differs, so that nothing that is read or selected is disturbed. */
export function put(element, text) {
    const node = typeof element === "string" ? byId(element) : element;
    if (node.textContent !== text) node.textContent = text;
}

export function show(element, shown) {
    (typeof element === "string" ? byId(element) : element).hidden = !shown;
}

export function make(tag, className = "", text = "") {
    return Object.assign(document.createElement(tag), { className, textContent: text });
}

export function button(text, act, kind = "") {
    const made = make("button", "bo-button", text);
    made.type = "button";
    if (kind) made.dataset.kind = kind;
    made.addEventListener("click", act);
    return made;
}

/**
 * The children of `list` are those of `rows`, in order, known by `id`. `create(row)` makes one, `fill(element, row)`
 * brings it up to date: what somebody plays, types or has the focus on in it stays.
 */
export function keyed(list, rows, create, fill) {
    const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
    let place = list.firstElementChild;
    for (const row of rows) {
        let element = known.get(row.id);
        known.delete(row.id);
        if (!element) {
            element = create(row);
            element.dataset.key = row.id;
        }
        fill(element, row);
        if (element === place) place = place.nextElementSibling;
        else list.insertBefore(element, place);
    }
    for (const gone of known.values()) gone.remove();
}

/** The choices of a select after those without a value, keeping what is chosen. `groups`: [heading, [{id, name}]]. */
export function choices(select, ...groups) {
    const told = JSON.stringify(groups);
    if (select.dataset.told === told) return;
    select.dataset.told = told;
    const before = select.value;
    for (const child of [...select.children]) if (child.value !== "") child.remove();
    for (const [heading, rows] of groups) {
        const options = rows.map((row) => Object.assign(make("option", "", row.name), { value: row.id, disabled: Boolean(row.disabled) }));
        const group = Object.assign(make("optgroup"), { label: heading });
        group.append(...options);
        select.append(...(heading ? [group] : options));
    }
    if ([...select.options].some((option) => option.value === before)) select.value = before;
}

export function clock(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
    const two = (number) => String(number).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const clocks = new Map();

/** Shows seconds that go on by themselves until the next answer; `direction` -1 for what is left. */
export function tick(element, seconds, direction = 1) {
    const node = typeof element === "string" ? byId(element) : element;
    clocks.set(node, { seconds, direction, from: performance.now() });
    put(node, clock(seconds));
}

setInterval(() => {
    for (const [node, { seconds, direction, from }] of clocks) {
        if (!node.isConnected) clocks.delete(node);
        else put(node, clock(seconds + (direction * (performance.now() - from)) / 1000));
    }
}, 500);

/** Says what went wrong under the form, and takes it away when `text` is empty. */
export function problem(id, text) {
    put(id, text);
    show(id, Boolean(text));
}

/** Whoever it is: the contact's name, else the number. */
export const called = (row) => row.name || row.number_words || "Unknown number";
