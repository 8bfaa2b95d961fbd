// A page about work that goes on: what is told of it is asked for all the time, and when it is over, the page anew.
//
// <div data-progress="url"> … <progress></progress> … <b data-told="name"></b> … <p data-stale hidden></p></div>
// The answer: { percent, over, <name>: text, … }

import { follow } from "./backoffice.js";

const box = document.querySelector("[data-progress]");

function show(told) {
    if (told.over) return location.reload();
    box.querySelector("progress").value = told.percent;
    for (const element of document.querySelectorAll("[data-told]")) {
        const text = String(told[element.dataset.told] ?? "");
        if (element.textContent !== text) element.textContent = text; // else it would be read out each time
    }
}

if (box) follow(box.dataset.progress, show, (fresh) => (box.querySelector("[data-stale]").hidden = fresh), { staleAfter: 10000 });
