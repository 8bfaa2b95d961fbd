// Buttons with data-copy="<selector>" put the text of that element on the clipboard.
import { say } from "./backoffice.js";

for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
        const source = document.querySelector(button.dataset.copy);
        try {
            await navigator.clipboard.writeText(source.innerText.trim());
            say("Copied");
        } catch {
            // No clipboard without https: the text is marked, so that the person can copy it.
            getSelection().selectAllChildren(source);
            say("Press Ctrl+C to copy what is marked");
        }
    });
}
