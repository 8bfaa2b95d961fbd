// Forms with `data-sure` ask before they are sent.

import { confirm } from "./backoffice.js";

for (const form of document.querySelectorAll("form[data-sure]")) {
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = event.submitter;
        if (await confirm(form.dataset.sure, { yes: button?.textContent.trim() || "Yes", danger: true })) form.submit();
    });
}
