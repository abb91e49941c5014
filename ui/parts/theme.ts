// Light and dark: the system's choice, until the reader takes the other one.

export type Theme = "light" | "dark";
const kKey = "assay-theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

// Pages opened from a file may have no storage; then the choice lasts as long as the page.
function stored(): Theme | null {
  try {
    const value = localStorage.getItem(kKey);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}

export function current(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
}

export function button(onChange: () => void): HTMLButtonElement {
  const chosen = stored();
  if (chosen) document.documentElement.dataset.theme = chosen;
  const node = document.createElement("button");
  node.type = "button";
  node.className = "theme";
  const show = () => {
    node.textContent = current() === "dark" ? "Light colours" : "Dark colours";
  };
  node.addEventListener("click", () => {
    const next: Theme = current() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem(kKey, next);
    } catch {
      // Kept for this page only.
    }
    show();
    onChange();
  });
  system.addEventListener("change", () => {
    show();
    onChange();
  });
  show();
  return node;
}

/** A colour of the style sheet, for what is drawn on a canvas. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
