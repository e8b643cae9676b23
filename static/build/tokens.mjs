// tokens.mjs: the colours GOV.UK Frontend has fixed become names from css/tokens.css, so that a
// city's own colours and the dark scheme reach every part of a component.

const TOKENS = [
  // fixed      where                 the name that decides instead
  ["#fff",    /^color$/,            "--govuk-inverse-text-colour"],
  ["#fff",    /^background-color$/, "--govuk-body-background-colour"],
  ["#0b0c0c", /./,                  "--govuk-text-colour"],
  ["#0f7a52", /./,                  "--govuk-brand-colour"], // their buttons are green, ours the city's
  ["#1d70b8", /./,                  "--govuk-brand-colour"],
  ["#0b5c3e", /./,                  "--civic-brand-strong"],
  ["#0f385c", /./,                  "--civic-brand-strong"],
  ["#083d29", /^box-shadow$/,       "--civic-brand-strong"],
  ["#083d29", /^color$/,            "--govuk-success-colour"],
  ["#d2e2f1", /./,                  "--civic-brand-tint"],
  ["#f4f8fb", /./,                  "--civic-brand-tint"],
  ["#ca3535", /./,                  "--govuk-error-colour"],
  ["#651b1b", /^color$/,            "--govuk-error-colour"],
  ["#651b1b", /^box-shadow$/,       "--civic-error-strong"],
  ["#982828", /./,                  "--civic-error-strong"],
  ["#f3f3f3", /./,                  "--civic-quiet"],
  ["#cecece", /^border$/,           "--govuk-border-colour"],
  ["#cecece", /^background-color$/, "--civic-quiet-strong"],
  ["#858686", /./,                  "--civic-line-strong"],
];

// Where a fixed colour is right: the package's own names for its colours, and tags, whose words and
// ground are pairs chosen to be read together in either scheme.
const KEPT = /^(:root|\.govuk-tag(--[a-z]+)?)$/;

const RULE = /([^{}]+)\{([^{}]*)\}/g;
const NAMED_OR_FIXED = /var\([^)]*\)|#[0-9a-f]{3,8}\b/g;

/** Give every fixed colour in compressed CSS its name; a colour the table does not know stops the build. */
export function withTokens(css) {
  return css.replace(RULE, (rule, selector, declarations) => {
    if (KEPT.test(selector)) return rule;
    const named = declarations.split(";").map((declaration) => nameColours(declaration, selector));
    return `${selector}{${named.join(";")}}`;
  });
}

function nameColours(declaration, selector) {
  const property = declaration.slice(0, declaration.indexOf(":"));
  return declaration.replace(NAMED_OR_FIXED, (found) => {
    if (found.startsWith("var(")) return found;
    const row = TOKENS.find(([fixed, where]) => fixed === found && where.test(property));
    if (!row) throw new Error(`tokens.mjs has no name for ${found} as ${property} of ${selector}`);
    return `var(${row[2]},${found})`;
  });
}
