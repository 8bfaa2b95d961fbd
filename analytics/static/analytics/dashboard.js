// The dashboard: draws the figures that came with the page, and again each time it hears new ones.

import { follow } from "../backoffice/backoffice.js";
import { drawVolume } from "./volume.js";

const EVERY = 30_000;
const find = (id) => document.getElementById(id);

function element(name, { text, data = {}, ...rest } = {}, ...children) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    Object.assign(made.dataset, data);
    for (const [key, value] of Object.entries(rest)) made.setAttribute(key, value);
    made.append(...children);
    return made;
}

/** Whatever has the focus there keeps it: it is found again by its `data-key`. */
function redraw(box, children) {
    const held = box.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    box.replaceChildren(...children);
    if (held) [...box.querySelectorAll("[data-key]")].find((one) => one.dataset.key === held)?.focus();
}

const linked = (text, url, key, rest = {}) => (url ? element("a", { text, href: url, data: { key }, ...rest }) : element("span", { text, ...rest }));

function tile(told) {
    const definition = element("span", { text: told.definition, role: "tooltip", id: `da-what-${told.name}`, class: "da-definition" });
    const hint = element("button", { text: "?", type: "button", class: "da-hint", "aria-label": `What ${told.label} is`, "aria-describedby": definition.id, data: { key: `hint ${told.name}` } });
    const changes = told.changes.map((change) => {
        const line = element("p", { class: "da-change", data: { tone: change.tone } });
        if (change.arrow) line.append(element("b", { text: `${change.arrow} ${change.words}` }), ` ${change.against}`);
        else line.append(`${change.words} ${change.against}`);
        if (change.then !== "–") line.append(" (", linked(change.then, change.url, `then ${told.name} ${change.against}`), ")");
        return line;
    });
    return element("section", { class: "bo-card da-tile", data: { tile: told.name }, "aria-label": told.label },
        element("div", { class: "da-tile-head" }, element("h2", { text: told.label }), hint, definition),
        linked(told.value, told.url, `value ${told.name}`, { class: "bo-figure", "aria-label": `${told.label}: ${told.value}. See the rows` }),
        element("span", { class: "da-detail", text: told.detail }),
        ...changes);
}

function bar(label, count, share, more = "") {
    const filled = element("span");
    filled.style.width = `${Math.round(share * 1000) / 10}%`;
    const value = linked(count.toLocaleString("en"), label.url, `bar ${label.text}`, { "aria-label": `${label.text}: ${count}` });
    return element("li", {}, element("span", { text: label.text }), element("span", { class: "bo-number" }, value, more),
        element("span", { class: "da-bar", "aria-hidden": "true" }, filled));
}

function number(text, { url = "", key = "", more = "" } = {}) {
    const cell = element("td", { class: "bo-number" }, linked(String(text), url, key));
    if (more) cell.append(element("span", { class: "bo-muted", text: ` ${more}` }));
    return cell;
}

function queue(told) {
    const waiting = number(told.waiting, { url: told.waiting_url, key: `waiting ${told.name}` });
    const longest = element("td", { class: "bo-number" }, told.late ? element("span", { class: "bo-label", text: `${told.longest_wait} late`, data: { tone: "bad" } }) : told.longest_wait);
    return element("tr", {},
        element("th", { scope: "row" }, linked(told.name, told.url, `queue ${told.name}`)), waiting, longest, number(`${told.ready} of ${told.staffed}`),
        number(told.offered), number(told.answered), number(told.abandoned),
        element("td", { class: "bo-number", title: told.in_time, text: told.service_level }), number(told.average_speed_of_answer));
}

function show(told) {
    if (told.chart.rows.some((row) => row.inbound + row.outbound)) find("da-steps")?.remove();
    find("da-title").textContent = told.title;
    find("da-until").textContent = told.until;
    find("da-fresh").textContent = `· as of ${told.as_of}, new figures every 30 s`;
    redraw(find("da-tiles"), told.tiles.map(tile));

    find("da-volume").textContent = told.chart.title;
    find("da-unit").textContent = told.chart.unit;
    find("da-before").textContent = told.chart.before;
    redraw(find("da-volume-rows"), told.chart.rows.map((row) => element("tr", {},
        element("th", { scope: "row" }, linked(row.label, row.url, row.label)), number(row.inbound), number(row.outbound), number(row.before ?? "–"))));
    drawVolume(find("da-chart"), told.chart);

    find("da-no-dispositions").hidden = told.dispositions.length > 0;
    redraw(find("da-disposition-rows"), told.dispositions.map((row) => bar({ text: row.label, url: row.url }, row.calls, row.share, ` · ${row.percent}`)));

    find("da-queues-when").textContent = told.title;
    redraw(find("da-queue-rows"), told.queues.map(queue));

    const agents = told.agents.reduce((sum, row) => sum + row.count, 0);
    find("da-no-agents").hidden = agents > 0;
    redraw(find("da-agent-rows"), agents ? told.agents.map((row) => bar({ text: row.label, url: row.url }, row.count, row.count / agents)) : []);
}

show(JSON.parse(find("dashboard-figures").textContent));
follow(find("dashboard").dataset.url, show,
    (fresh) => { find("da-stale").textContent = fresh ? "" : "These figures are old: the server does not answer"; },
    { every: EVERY, staleAfter: 2.5 * EVERY });
