// Types from the committed OpenAPI file. Until that file exists, src/api/types.ts is kept by hand.
import { existsSync } from 'node:fs';

const spec = new URL('../../docs/openapi.json', import.meta.url);
if (!existsSync(spec)) console.log('docs/openapi.json is not there yet; src/api/types.ts stays as it is');
