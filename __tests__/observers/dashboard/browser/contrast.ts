import type { Page } from 'playwright-core';

/** A text that stands out from its background too little. */
export interface FaintText {
  readonly text: string;
  readonly ratio: number;
}

/** Finds texts whose contrast is below WCAG's AA, 4.5 to 1. */
export function findFaintTexts(page: Page): Promise<FaintText[]> {
  return page.evaluate(() => {
    type Color = readonly [red: number, green: number, blue: number, alpha: number];
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const colorOf = (css: string): Color => {
      if (!canvas) throw new Error('no canvas');
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = css;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const over = ([r, g, b, a]: Color, [red, green, blue]: Color): Color => {
      return [r * a + red * (1 - a), g * a + green * (1 - a), b * a + blue * (1 - a), 1];
    };
    const backgroundOf = (element: Element | null): Color => {
      if (!element) return [255, 255, 255, 1];
      const own = colorOf(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, backgroundOf(element.parentElement));
    };
    const luminanceOf = ([red, green, blue]: Color): number => {
      const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const isSeen = (element: Element) => element.checkVisibility() && element.getClientRects().length > 0;
    const hasText = (element: Element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue?.trim());
    return [...document.body.querySelectorAll('*')]
      .filter((element) => hasText(element) && isSeen(element))
      .flatMap((element) => {
        const background = backgroundOf(element);
        const color = over(colorOf(getComputedStyle(element).color), background);
        const [dark = 0, light = 0] = [luminanceOf(color), luminanceOf(background)].sort((a, b) => a - b);
        const ratio = (light + 0.05) / (dark + 0.05);
        return ratio < 4.5 ? [{ text: element.textContent ?? '', ratio }] : [];
      });
  });
}
