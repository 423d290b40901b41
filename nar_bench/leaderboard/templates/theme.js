"use strict";
// The light/dark switch of every page that includes it; in a block, so that its names are its own.
{
  const root = document.documentElement, theme = document.getElementById("theme");
  const paint = dark => {
    root.classList.toggle("dark", dark);
    theme.setAttribute("aria-pressed", String(dark));
    theme.textContent = dark ? "Light" : "Dark";
  };
  paint(matchMedia("(prefers-color-scheme: dark)").matches);
  theme.addEventListener("click", () => paint(!root.classList.contains("dark")));
}
