// A conversation: draws its messages, asks for new ones, sends an answer.

import { follow, order } from "../backoffice/backoffice.js";

const data = JSON.parse(document.getElementById("conversation-data").textContent);
const list = document.querySelector(".cv-messages");
const form = document.querySelector(".cv-answer");
const drawn = new Map(); // id → [what was drawn, the element]

function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
}

function attachment({ kind, type, url, state }) {
    if (!url) return element("span", "bo-muted", `${type}: ${state}`);
    if (kind === "audio" || kind === "video") {
        return Object.assign(element(kind), { controls: true, preload: "none", src: url });
    }
    const link = Object.assign(element("a", "", kind === "image" ? "" : type), { href: url });
    if (kind === "image") link.append(Object.assign(element("img"), { src: url, alt: `Picture they sent, ${type}`, loading: "lazy" }));
    return link;
}

function draw(message) {
    const item = element("li");
    if (!message.inbound) item.dataset.ours = "";
    const bubble = element("div", "cv-bubble", message.erased ? "erased" : message.text);
    message.media.forEach((medium) => bubble.append(attachment(medium)));
    message.sent.forEach((name) => bubble.append(element("div", "", `With ${name}`)));
    const about = element("div", "cv-about");
    about.append(element("span", "", message.inbound ? "They" : message.by || "We"), element("span", "", message.at));
    if (message.state) {
        const label = element("span", "bo-label", message.state);
        label.dataset.tone = message.tone;
        about.append(label);
    }
    item.append(bubble, about);
    if (message.why) item.append(element("div", "cv-why", message.why));
    return item;
}

function show(thread) {
    const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 200;
    let news = false;
    thread.messages.forEach((message) => {
        const told = JSON.stringify(message);
        const before = drawn.get(message.id);
        if (before?.[0] === told) return;
        const item = draw(message);
        if (before) before[1].replaceWith(item);
        else list.append(item);
        news ||= !before;
        drawn.set(message.id, [told, item]);
    });
    document.querySelector("[data-empty]").hidden = drawn.size > 0;
    if (news && atEnd && form) list.lastElementChild.scrollIntoView({ block: "nearest" });
}

const earlier = document.querySelector("[data-earlier]");
if (data.thread.earlier) {
    earlier.hidden = false;
    earlier.querySelector("a").href = `?before=${data.thread.earlier}`;
}
show(data.thread);

let again = () => {};
if (!data.past) {
    const stale = document.querySelector(".cv-stale");
    again = follow(data.asked_at, show, (fresh) => { stale.hidden = fresh; }, { every: 3000, staleAfter: 15000 });
}

if (form) {
    const body = form.elements.body;
    const refused = form.querySelector(".cv-refused");
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (!body.value.trim()) return;
        const button = form.querySelector("button");
        button.disabled = true;
        refused.hidden = true;
        try {
            await order(data.sent_to, { body: body.value });
            body.value = "";
        } catch (error) {
            refused.textContent = error.message;
            refused.hidden = false;
        }
        button.disabled = false;
        body.focus();
        again();
    });
}
