// The theme that the person chose in Unfold, on pages that are not Unfold's.
{
    const chosen = JSON.parse(localStorage.getItem("_x_adminTheme") || '"auto"');
    const dark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.classList.toggle("dark", dark);
}
