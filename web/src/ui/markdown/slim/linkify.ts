/** Stands in for linkify-it in the bundle: bare addresses are found by links.ts, which stops at Chinese text. */
export class LinkifyIt {
  test(): boolean {
    return false;
  }
  match(): null {
    return null;
  }
}
