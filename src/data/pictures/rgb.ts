/** A decoded picture: [height * width * 3] bytes, row-major, red green blue, sRGB as stored. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Most pixels of a picture: decoding takes up to some 35 bytes for each. */
export const MAX_PIXELS = 32_000_000;

/** Opaque pixels: a transparent one shows the white page behind it. @param rgba [pixels * 4] */
export function onWhite(width: number, height: number, rgba: Uint8Array): RgbPicture {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const alpha = rgba[4 * i + 3];
    for (let channel = 0; channel < 3; channel++) {
      const value = rgba[4 * i + channel];
      pixels[3 * i + channel] = Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return { width, height, pixels };
}
