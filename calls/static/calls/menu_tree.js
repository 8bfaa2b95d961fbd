// The forms of the tree of menus: one opens where its menu stands; what the server refuses is said at its field.

import { order, say } from "../backoffice/backoffice.js";
import { pickRoute } from "../numbers/route_picker.js";

const data = JSON.parse(document.getElementById("menu-tree-data").textContent);
const SIMPLE = [
    "name", "greeting", "language", "input", "prompt_id", "timeout_seconds", "no_input_retries", "invalid_retries",
    "no_input_text", "invalid_text",
];
const NUMBERS = new Set(["timeout_seconds", "no_input_retries", "invalid_retries"]);
const NEW = {
    name: "", greeting: "", language: "en-US", input: "dtmf", prompt_id: "", timeout_seconds: 5, no_input_retries: 2,
    invalid_retries: 2, no_input_text: "", invalid_text: "", fallback_route: { value: "" },
    options: [{ digits: "1", phrases: [], route: { value: "" } }],
};

const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** A list of targets in the place for it, with this one chosen. `label`: what it is called. */
function placeRoutes(place, chosen, label) {
    const select = copy("menu-routes");
    select.name = place.dataset.route;
    select.setAttribute("aria-label", label);
    if (place.dataset.route === "route") select.querySelector("option[value='']").text = "Choose …";
    if (chosen.value && ![...select.options].some((option) => option.value === chosen.value)) {
        const groups = [...select.querySelectorAll("optgroup")];
        (groups.find((group) => group.label === chosen.heading) || select).append(new Option(chosen.name, chosen.value));
    }
    select.value = chosen.value || "";
    place.append(select);
    pickRoute(select);
}

function addOption(list, option) {
    const row = copy("menu-option");
    row.querySelector("[name=digits]").value = option.digits;
    row.querySelector("[name=phrases]").value = option.phrases.join(", ");
    placeRoutes(row.querySelector("[data-route]"), option.route, "Target");
    row.querySelector("[data-remove]").addEventListener("click", () => {
        const next = row.nextElementSibling || row.previousElementSibling;
        row.remove();
        (next?.querySelector("input") || list.parentElement.querySelector("[data-add]")).focus();
    });
    list.append(row);
    return row;
}

function read(form) {
    const body = {};
    for (const name of SIMPLE) {
        const { value } = form.elements[name];
        body[name] = NUMBERS.has(name) ? (value === "" ? null : Number(value)) : value;
    }
    body.prompt_id ||= null;
    body.fallback_route = route(form.querySelector("select[name=fallback_route]"));
    body.options = [...form.querySelectorAll(".mt-options li")].map((row) => ({
        digits: row.querySelector("[name=digits]").value.trim(),
        phrases: row.querySelector("[name=phrases]").value.split(",").map((one) => one.trim()).filter(Boolean),
        route: route(row.querySelector("select[name=route]")),
    }));
    return body;
}

const route = (select) => (select.value ? JSON.parse(select.value) : null);

/** `options.2.route.target_id`: the third answer's target. */
function fieldNamed(form, path) {
    const parts = (path || "").split(".");
    if (parts[0] === "options" && parts[1]) {
        const row = form.querySelectorAll(".mt-options li")[Number(parts[1])];
        if (!row) return null;
        if (parts[2] === "route") return row.querySelector(".route-picker select");
        return row.querySelector(`[name=${parts[2] === "phrases" ? "phrases" : "digits"}]`);
    }
    if (parts[0] === "fallback_route") return form.querySelector(".mt-fallback .route-picker select");
    return SIMPLE.includes(parts[0]) ? form.elements[parts[0]] : null;
}

function complain(form, error) {
    const details = error.details || {};
    const problems = details.errors || [{ field: details.field, message: error.message }];
    const general = [];
    let first = null;
    for (const { field, message } of problems) {
        const input = fieldNamed(form, field);
        if (!input) {
            general.push(message);
            continue;
        }
        const said = Object.assign(document.createElement("span"), { className: "mt-error", textContent: message });
        said.id = `mt-error-${form.querySelectorAll(".mt-error").length}-${input.name || "route"}`;
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", said.id);
        (input.closest("li") || input.closest("label, .mt-fallback")).append(said);
        first ||= input;
    }
    const box = form.querySelector(".mt-problem");
    box.textContent = general.join(" ");
    box.hidden = !general.length;
    (first || box).focus();
}

function forget(form) {
    form.querySelectorAll(".mt-error").forEach((said) => said.remove());
    form.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
    form.querySelector(".mt-problem").hidden = true;
}

function open(place, menu, { id = null, cancel }) {
    const form = copy("menu-form");
    for (const name of SIMPLE) form.elements[name].value = menu[name];
    placeRoutes(form.querySelector("[data-route=fallback_route]"), menu.fallback_route, "After the last try");
    const list = form.querySelector(".mt-options ol");
    menu.options.forEach((option) => addOption(list, option));
    form.querySelector("[data-add]").addEventListener("click", () => {
        addOption(list, { digits: "", phrases: [], route: { value: "" } }).querySelector("input").focus();
    });
    const speech = () => {
        const wanted = form.elements.input.value.includes("speech");
        form.querySelectorAll("[data-speech]").forEach((label) => { label.hidden = !wanted; });
    };
    form.elements.input.addEventListener("change", speech);
    form.querySelector("[data-add]").addEventListener("click", speech);
    speech();
    form.querySelector("[data-cancel]").addEventListener("click", cancel);
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        forget(form);
        const button = form.querySelector("[data-kind=main]");
        button.disabled = true;
        try {
            const whose = id ? { id } : { organization: data.organization };
            const saved = await order(data.saved_at, { ...whose, ...read(form) });
            const here = new URL(location.href);
            if (!id) here.search = `?menu=${saved.id}`;
            here.hash = "";
            location.assign(here);
        } catch (error) {
            complain(form, error);
            say(error.message, "bad");
            button.disabled = false;
        }
    });
    place.append(form);
    form.elements.name.focus();
    return form;
}

for (const button of document.querySelectorAll("[data-edit]")) {
    const article = button.closest("[data-menu]");
    const shown = article.querySelector(":scope > [data-shown]");
    button.hidden = false;
    button.addEventListener("click", () => {
        const form = open(article, data.menus[article.dataset.menu], {
            id: article.dataset.menu,
            cancel: () => {
                form.remove();
                shown.hidden = button.hidden = false;
                button.focus();
            },
        });
        shown.hidden = button.hidden = true;
    });
}

const place = document.querySelector("[data-new-menu]");
if (place) open(place, NEW, { cancel: () => location.assign(data.shown_at) });
