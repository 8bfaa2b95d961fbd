// What the scripts of our pages share: asking and ordering, saying what came of it, and asking again all the time.

const csrfToken = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1] || "";

/** The JSON of an answer. Throws an Error whose message can be shown to the person; `details` as the API has them. */
export async function ask(url, { method = "GET", body = undefined, signal = undefined } = {}) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    try {
        answer = await fetch(url, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
        if (error.name === "AbortError") throw error;
        if (error.name === "TimeoutError") throw new Error("The server does not answer");
        throw new Error("The server cannot be reached");
    }
    if (answer.redirected || answer.status === 401) throw new Error("You are no longer logged in: reload the page");
    if (answer.status === 204) return null;
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) {
        const words = told.details?.message || `The server answered ${answer.status}`;
        throw Object.assign(new Error(words), { details: told.details || {} });
    }
    return told;
}

export const order = (url, body = {}) => ask(url, { method: "POST", body });

/** A line in the corner for some seconds; read out by screen readers. */
export function say(text, tone = "info") {
    let box = document.querySelector(".bo-toasts");
    if (!box) {
        box = Object.assign(document.createElement("div"), { className: "bo-toasts" });
        box.setAttribute("role", "status");
        document.body.append(box);
    }
    const line = Object.assign(document.createElement("div"), { className: "bo-toast", textContent: text });
    line.dataset.tone = tone;
    box.append(line);
    setTimeout(() => line.remove(), tone === "bad" ? 9000 : 4000);
}

/** Whether the person says yes. `inputs`: elements to fill in before; Enter is yes, Escape no. */
export function confirm(question, { yes = "Yes", danger = false, inputs = [] } = {}) {
    const dialog = Object.assign(document.createElement("dialog"), { className: "bo-dialog" });
    const form = Object.assign(document.createElement("form"), { method: "dialog" });
    const heading = Object.assign(document.createElement("h2"), { textContent: question, id: "bo-question" });
    const buttons = Object.assign(document.createElement("div"), { className: "bo-dialog-buttons" });
    const no = Object.assign(document.createElement("button"), { type: "button", className: "bo-button", textContent: "Cancel" });
    const go = Object.assign(document.createElement("button"), { value: "yes", className: "bo-button", textContent: yes });
    go.dataset.kind = danger ? "danger" : "main";
    dialog.setAttribute("aria-labelledby", "bo-question");
    no.addEventListener("click", () => dialog.close(""));
    buttons.append(no, go);
    form.append(heading, ...inputs, buttons);
    dialog.append(form);
    document.body.append(dialog);
    dialog.showModal();
    (inputs.length ? inputs[0].querySelector("select, input, textarea") || go : go).focus();
    return new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "yes");
        });
    });
}

/**
 * Ask again `every` so many milliseconds; hand each answer to `show`. `tell(fresh)` hears whether what is shown is
 * fresh (no longer after `staleAfter` milliseconds without an answer), and the last error, if the last answer was one.
 * Rests while nobody sees the page.
 */
export function follow(url, show, tell, { every = 1000, staleAfter = 5000 } = {}) {
    let last = performance.now();
    let asking = false;
    let trouble = null;
    async function once() {
        if (asking || document.hidden) return;
        asking = true;
        try {
            show(await ask(typeof url === "function" ? url() : url, { signal: AbortSignal.timeout(staleAfter) }));
            last = performance.now();
            trouble = null;
        } catch (error) {
            console.warn(error);
            trouble = error;
        } finally {
            asking = false;
            tell(performance.now() - last < staleAfter, trouble);
        }
    }
    document.addEventListener("visibilitychange", once);
    setInterval(() => {
        tell(performance.now() - last < staleAfter, trouble);
        once();
    }, every);
    once();
    return once; // for what is to be seen at once, after an order
}
