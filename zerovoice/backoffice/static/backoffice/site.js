// On every page of the site. Fields with data-submits send their form as soon as something is chosen.
document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
