// The page of one call: kept up to date while the call lasts and while sound and words are on their way; what is
// ordered there. The player is in player.js.

import { ask, confirm, order, say } from "../backoffice/backoffice.js";
import "./player.js";

const page = document.querySelector("#call");
const { now, about, notes, disposition, hang_up: hangUp } = page.dataset;

/** The elements of a piece of our own server's HTML, which escapes whatever people wrote. */
const pieces = (html) => new DOMParser().parseFromString(html, "text/html").body;

/** Put in the parts that have changed; the others keep their focus, their place and what they play. */
function patch(html) {
    for (const fresh of pieces(html).querySelectorAll("[data-part]")) {
        const shown = page.querySelector(`[data-part="${fresh.dataset.part}"]`);
        if (shown && shown.dataset.version !== fresh.dataset.version) shown.replaceWith(document.importNode(fresh, true));
    }
    page.dispatchEvent(new Event("call:changed"));
    tick(0);
}

// --- time that passes ---

function tick(seconds) {
    for (const one of page.querySelectorAll("[data-ticks]")) {
        one.dataset.ticks = Number(one.dataset.ticks) + seconds;
        const all = Number(one.dataset.ticks);
        const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, String(all % 60).padStart(2, "0")];
        one.textContent = hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
    }
}
tick(0);
setInterval(() => tick(1), 1000);

// --- kept up to date ---

let live = page.dataset.live === "yes";
let timer = 0;

async function refresh() {
    clearTimeout(timer);
    let again = 4000;
    try {
        const told = document.hidden ? null : await ask(now, { signal: AbortSignal.timeout(10000) });
        if (told) {
            again = told.again;
            patch(told.html);
            tell(told.status);
            setLive(told.live);
        }
        fresh(true);
    } catch (error) {
        console.warn(error);
        fresh(false);
    }
    if (again) timer = setTimeout(refresh, again);
}

function fresh(yes) {
    const words = yes ? "Kept up to date every two seconds" : "Not up to date: the server does not answer";
    const line = document.querySelector("#call-fresh");
    if (line.textContent !== words) line.textContent = words;
}

function tell(words) {
    const line = document.querySelector("#call-status");
    if (line.textContent !== words) line.textContent = words; // read out, so only when it is news
}

function setLive(yes) {
    if (live && !yes) {
        document.querySelector("#call-live").hidden = true;
        document.querySelector("#call-outcome")?.removeAttribute("hidden");
        showAbout();
    }
    live = yes;
    if (!yes) {
        const facts = [...page.querySelectorAll('[data-part="head"] dt')];
        const shown = facts.find((one) => one.textContent === "Disposition")?.nextElementSibling?.textContent;
        if (shown) document.querySelector("#call-disposition").textContent = shown;
    }
}

if (Number(page.dataset.again)) timer = setTimeout(refresh, Number(page.dataset.again));
document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (live || timer)) refresh();
});

// --- what belongs to it elsewhere ---

async function showAbout() {
    const box = document.querySelector("#call-about");
    try {
        box.replaceChildren(...pieces((await ask(about)).html).children);
    } catch (error) {
        const line = Object.assign(document.createElement("p"), { className: "bo-card bo-empty", textContent: error.message });
        box.replaceChildren(line);
    }
    box.removeAttribute("aria-busy");
}
showAbout();

// --- orders ---

async function ordering(button, act) {
    button.disabled = true;
    try {
        await act();
    } catch (error) {
        say(error.message, "bad");
    } finally {
        button.disabled = false;
    }
}

document.querySelector("#call-hang-up")?.addEventListener("click", async (event) => {
    const button = event.currentTarget;
    if (!(await confirm("End this call for everybody in it?", { yes: "Hang up", danger: true }))) return;
    await ordering(button, async () => {
        await order(hangUp);
        say("The call is being ended");
        await refresh();
    });
});

document.querySelector("#call-note")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    ordering(form.querySelector("button"), async () => {
        const told = await order(notes, { text: form.elements.text.value });
        document.querySelector("#call-notes").replaceChildren(...pieces(told.html).children);
        form.reset();
        say("The note is added");
    });
});

document.querySelector("#call-outcome")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    ordering(form.querySelector("button"), async () => {
        await order(disposition, { disposition: form.elements.disposition.value });
        form.reset();
        say("The disposition is set");
        await refresh();
    });
});

document.querySelector("#outcome")?.addEventListener(
    "focus",
    async () => {
        const { codes } = await ask(disposition).catch(() => ({ codes: [] })); // a word of one's own does too
        const options = codes.map(({ code, label }) => Object.assign(document.createElement("option"), { value: code, textContent: label }));
        document.querySelector("#codes").replaceChildren(...options);
    },
    { once: true },
);

page.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-again]");
    if (!button) return;
    ordering(button, async () => {
        await order(button.dataset.again);
        say(button.dataset.done);
        await refresh();
    });
});
