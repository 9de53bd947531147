/** Building elements without markup strings, so that no name from the data is ever read as HTML. */

type Child = Node | string | null;

interface Traits {
  class?: string;
  text?: string;
  data?: Record<string, string | number>;
  attrs?: Record<string, string>;
  onclick?: () => void;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  traits: Traits = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (traits.class) node.className = traits.class;
  if (traits.text !== undefined) node.textContent = traits.text;
  for (const [name, value] of Object.entries(traits.data ?? {})) node.dataset[name] = String(value);
  for (const [name, value] of Object.entries(traits.attrs ?? {})) node.setAttribute(name, value);
  if (traits.onclick) node.addEventListener("click", traits.onclick);
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** The element with this id; the page's own markup promises it. */
export function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no #${id}`);
  return node;
}

export function button(text: string, onclick: () => void, className = ""): HTMLButtonElement {
  return element("button", { text, onclick, class: className, attrs: { type: "button" } });
}
