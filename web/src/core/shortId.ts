/** What is cut is cut well below what would have fitted: capitals and digits are wide. */
const LESS = 4;

/** The id of a model as a narrow line has room for it: a long one without its folders, and then without its middle, because
    the ends (family and size, build) are what tells ids apart. */
export function shortId(id: string, most = 28): string {
  if (isShort(id, most)) return id;
  const name = id.slice(id.lastIndexOf('/') + 1) || id;
  if (isShort(name, most)) return name;
  const letters = Array.from(name);
  const rest = Math.max(0, most - LESS - 1);
  const tail = Math.floor(rest * 0.45);
  return `${letters.slice(0, rest - tail).join('')}…${letters.slice(letters.length - tail).join('')}`;
}

const isShort = (text: string, most: number) => Array.from(text).length <= most;
