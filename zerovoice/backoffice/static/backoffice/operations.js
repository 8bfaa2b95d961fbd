// State of the system: draws the cards, the worst first, each time it hears.

import { follow } from "./backoffice.js";

const EVERY = 5_000;
const TONES = ["bad", "warning", "good", "off"];
const WORDS = { bad: "Broken", warning: "Look at it", good: "Good", off: "Off" };
const box = document.getElementById("op-cards");
const all = document.getElementById("op-all");

function element(name, { text, tone, ...rest } = {}, ...children) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (tone) made.dataset.tone = tone;
    for (const [key, value] of Object.entries(rest)) made.setAttribute(key, value);
    made.append(...children);
    return made;
}

const label = (tone) => element("span", { class: "bo-label", tone: tone === "off" ? "plain" : tone, text: WORDS[tone] });

function line(told) {
    const value = told.url ? element("a", { href: told.url, text: told.value }) : document.createTextNode(told.value);
    const marked = told.tone === "good" || told.tone === "off" ? [] : [" ", label(told.tone)];
    return [element("dt", { text: told.label }), element("dd", {}, value, ...marked)];
}

function card(told) {
    const made = element("section", { class: "bo-card op-card", tone: told.tone, "aria-label": told.title, id: `card-${told.name}` },
        element("header", {}, element("h2", { text: told.title }), label(told.tone)), element("p", { text: told.says }));
    if (told.lines.length) made.append(element("dl", {}, ...told.lines.flatMap(line)));
    return made;
}

function show(told) {
    const held = box.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const worst = [...told.cards].sort((one, other) => TONES.indexOf(one.tone) - TONES.indexOf(other.tone));
    box.replaceChildren(...worst.map(card));
    if (held) [...box.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus();
    const broken = told.cards.filter((one) => one.tone === "bad");
    const sick = told.cards.filter((one) => one.tone === "warning");
    const names = (cards) => cards.map((one) => one.title).join(", ");
    const said = broken.length ? `Broken: ${names(broken)}` : sick.length ? `To be looked at: ${names(sick)}` : "Everything is good.";
    if (all.textContent !== said) all.textContent = said; // else it would be read out each time
}

follow(box.dataset.url, show,
    (fresh) => {
        const said = fresh ? "Looks again every 5 seconds." : "The server does not answer: what is shown is old.";
        const place = document.getElementById("op-fresh");
        if (place.textContent !== said) place.textContent = said;
    },
    { every: EVERY, staleAfter: 3 * EVERY });
