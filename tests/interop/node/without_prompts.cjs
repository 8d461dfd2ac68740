// Loaded before auth0-deploy-cli to make its start cheap. On import it checks its files by a schema that spells out each
// text of each sign-in page in each language: ajv makes 116 MB of code of it, twice, which takes 20 s of a processor.
// None of the files here has such texts. Nothing else of the tool is touched, and nothing of what it sends.

const { default: schema } = require("auth0-deploy-cli/lib/tools/auth0/schema.js");

schema.properties.prompts = { type: "object" };
