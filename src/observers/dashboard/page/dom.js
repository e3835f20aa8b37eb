/**
 * The element with this id, which index.html has.
 * @param {string} id
 */
export function byId(id) {
  return found(document.getElementById(id), `#${id}`);
}

/**
 * The element for a value within another one, as index.html marks it with `data-field`.
 * @param {ParentNode} root
 * @param {string} name
 */
export function field(root, name) {
  return found(/** @type {HTMLElement | null} */ (root.querySelector(`[data-field="${name}"]`)), name);
}

/**
 * A new element like the one in this template.
 * @param {string} id
 */
export function cloneOf(id) {
  const { content } = /** @type {HTMLTemplateElement} */ (byId(id));
  return /** @type {HTMLElement} */ (found(content.firstElementChild, id).cloneNode(true));
}

/**
 * Sets a text, whatever it contains; leaves the element alone where nothing changes.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets the texts of fields by their names.
 * @param {ParentNode} root
 * @param {Readonly<Record<string, string>>} texts
 */
export function setTexts(root, texts) {
  for (const [name, text] of Object.entries(texts)) setText(field(root, name), text);
}

/**
 * @template T
 * @param {T | null} element
 * @param {string} name
 * @returns {T}
 */
function found(element, name) {
  if (element === null) throw new Error(`the page has no ${name}`);
  return element;
}
