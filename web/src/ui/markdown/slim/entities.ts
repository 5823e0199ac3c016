// Stands in for the `entities` package in the bundle: the named characters that occur in prose, instead of
// all 2,231 of HTML. Numeric references are decoded by the lexer itself.
const NAMED: Record<string, string> = Object.fromEntries(
  (
    'amp & lt < gt > quot " apos \' nbsp \u00a0 ensp \u2002 emsp \u2003 thinsp \u2009 shy \u00ad zwnj \u200c zwj \u200d ' +
    'ndash – mdash — hellip … middot · bull • lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ laquo « raquo » ' +
    'lsaquo ‹ rsaquo › prime ′ Prime ″ iexcl ¡ iquest ¿ sect § para ¶ dagger † Dagger ‡ permil ‰ copy © reg ® ' +
    'trade ™ deg ° ordf ª ordm º cent ¢ pound £ yen ¥ euro € curren ¤ times × divide ÷ plusmn ± minus − ' +
    'frac12 ½ frac14 ¼ frac34 ¾ sup1 ¹ sup2 ² sup3 ³ micro µ ne ≠ le ≤ ge ≥ equiv ≡ asymp ≈ infin ∞ sum ∑ ' +
    'prod ∏ radic √ int ∫ part ∂ nabla ∇ isin ∈ notin ∉ ni ∋ sub ⊂ sup ⊃ sube ⊆ supe ⊇ cap ∩ cup ∪ and ∧ ' +
    'or ∨ not ¬ forall ∀ exist ∃ empty ∅ there4 ∴ prop ∝ ang ∠ perp ⊥ larr ← rarr → uarr ↑ darr ↓ harr ↔ ' +
    'lArr ⇐ rArr ⇒ hArr ⇔ loz ◊ spades ♠ clubs ♣ hearts ♥ diams ♦ check ✓ cross ✗ star ☆ ' +
    'alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ ' +
    'pi π rho ρ sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ ' +
    'Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω agrave à aacute á acirc â atilde ã auml ä aring å aelig æ ccedil ç ' +
    'egrave è eacute é ecirc ê euml ë igrave ì iacute í icirc î iuml ï ntilde ñ ograve ò oacute ó ocirc ô ' +
    'otilde õ ouml ö oslash ø ugrave ù uacute ú ucirc û uuml ü yacute ý szlig ß Agrave À Aacute Á Acirc Â ' +
    'Auml Ä Aring Å AElig Æ Ccedil Ç Egrave È Eacute É Ntilde Ñ Ouml Ö Oslash Ø Uuml Ü Oacute Ó Iacute Í'
  )
    .split(/ (?=[A-Za-z])/)
    .map((pair) => pair.split(' ', 2) as [string, string]),
);

/** Decodes one `&name;`; unknown names stay as they are. */
export function decodeHTMLStrict(reference: string): string {
  const name = reference.slice(1, -1);
  return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? reference) : reference;
}
