/**
 * The element of index.html with this id.
 * @param {string} id
 */
export function byId(id) {
  return found(document.getElementById(id), `#${id}`);
}

/**
 * The element within another one that index.html marks for a value by `data-field`.
 * @param {ParentNode} root
 * @param {string} name
 */
export function field(root, name) {
  return found(/** @type {HTMLElement | null} */ (root.querySelector(`[data-field="${name}"]`)), name);
}

/**
 * A copy of the element in a template.
 * @param {string} id
 */
export function cloneOf(id) {
  const { content } = /** @type {HTMLTemplateElement} */ (byId(id));
  return /** @type {HTMLElement} */ (found(content.firstElementChild, id).cloneNode(true));
}

/**
 * Sets the text of an element, which is never parsed as HTML. An element that has the text already is left alone.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets the texts of the fields of an element, by their names.
 * @param {ParentNode} root
 * @param {Readonly<Record<string, string>>} texts
 */
export function setTexts(root, texts) {
  for (const [name, text] of Object.entries(texts)) setText(field(root, name), text);
}

/**
 * The element, which has to be there.
 * @template T
 * @param {T | null} element
 * @param {string} name
 * @returns {T}
 */
function found(element, name) {
  if (element === null) throw new Error(`the page has no ${name}`);
  return element;
}
