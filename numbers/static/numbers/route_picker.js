// Where callers go: instead of one long list with headings, a kind and then the names of that kind. The list itself
// stays, out of sight, and says what is chosen.

let made = 0;

export function pickRoute(select) {
    if (select.dataset.picked) return;
    select.dataset.picked = "yes";
    made += 1;
    const groups = [...select.querySelectorAll("optgroup")];
    const nothing = [...select.options].find((option) => option.value === "");
    const box = Object.assign(document.createElement("div"), { className: "route-picker" });
    const kinds = element("select", select.className, "Kind of target");
    const names = element("select", select.className, "Target");
    const number = element("input", select.className, "Number to forward to");
    Object.assign(number, { type: "tel", placeholder: "+14155550142", maxLength: 16 });
    // The field's label is the first list's.
    kinds.id = select.id || `route-${made}`;
    if (document.querySelector(`label[for="${CSS.escape(kinds.id)}"]`)) kinds.removeAttribute("aria-label");
    select.removeAttribute("id");
    if (nothing) kinds.append(new Option(nothing.text, ""));
    groups.forEach((group, at) => kinds.append(new Option(group.label, String(at))));

    function chosenGroup() {
        return groups[Number(kinds.value)];
    }

    function forwards() {
        return chosenGroup() && JSON.parse(chosenGroup().querySelector("option").value).type === "forward";
    }

    function showNames() {
        const options = kinds.value === "" ? [] : [...chosenGroup().querySelectorAll("option")];
        names.replaceChildren(...options.map((option) => new Option(option.text, option.value)));
        // Hang up leads to nobody in particular.
        names.hidden = !options.length || forwards() || (options.length === 1 && options[0].text === chosenGroup().label);
        number.hidden = !(kinds.value !== "" && forwards());
    }

    function keep() {
        let value = kinds.value === "" ? "" : names.value;
        if (value && forwards()) {
            const target = number.value.replace(/[\s().\-/]/g, "");
            value = JSON.stringify({ target_id: target || null, type: "forward" });
            if (![...select.options].some((option) => option.value === value)) select.append(new Option(target, value));
        }
        select.value = value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    const present = select.selectedOptions[0];
    const at = groups.findIndex((group) => group.contains(present));
    kinds.value = at < 0 ? "" : String(at);
    showNames();
    if (at >= 0) {
        names.value = present.value;
        if (forwards()) number.value = JSON.parse(present.value).target_id || "";
    }
    kinds.addEventListener("change", () => { showNames(); keep(); });
    names.addEventListener("change", keep);
    number.addEventListener("input", keep);
    select.hidden = true;
    box.append(kinds, names, number);
    select.after(box);
}

function element(tag, className, label) {
    const made = Object.assign(document.createElement(tag), { className });
    made.setAttribute("aria-label", label);
    return made;
}

for (const select of document.querySelectorAll("select[data-route-picker]")) pickRoute(select);
