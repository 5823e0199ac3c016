// Named checks in order, and the closing line that the test task sums up.

let passed = 0;
let failed = 0;

/** Runs one check and tells whether it passed; a failure is printed. */
export async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok      ${name}`);
    return true;
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n        ${String(error?.stack ?? error).replaceAll('\n', '\n        ')}`);
    return false;
  }
}

/** Prints `N passed, N failed` and ends with the right code. */
export function close() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
