//! Reads an expression and computes it as it goes.

use crate::calculate::functions;
use crate::calculate::value::Value;
use crate::number;

/// Characters of an expression.
const MOST_CHARACTERS: usize = 2_000;
/// How deep brackets and powers may stand in each other.
const MOST_DEPTH: usize = 60;
/// How many factorials and choices one expression may have: each is thousands of factors.
const MOST_PRODUCTS: usize = 20;
/// Words that mean an operator.
const WORDS: [&str; 2] = ["of", "mod"];

/// What came out.
#[derive(Debug)]
pub(super) struct Solved {
    pub(super) value: Value,
    /// How something was understood that could be meant otherwise.
    pub(super) notes: Vec<String>,
}

/// The value of an expression.
///
/// # Errors
/// What is wrong with it, for whoever wrote it.
pub(super) fn evaluate(text: &str) -> Result<Solved, String> {
    if text.chars().count() > MOST_CHARACTERS {
        return Err(format!("The expression is longer than {MOST_CHARACTERS} characters."));
    }
    let text = text.trim().trim_end_matches(['=', '?', '＝', '？']);
    let mut reader =
        Reader { tokens: tokens(text)?, place: 0, depth: 0, in_call: 0, products: 0, notes: Vec::new() };
    if reader.tokens.is_empty() {
        return Err("The expression is empty.".to_owned());
    }
    let value = reader.sum()?;
    match reader.peek() {
        None => Ok(Solved { value: value.number, notes: reader.notes }),
        Some(Token::Number(text) | Token::Word(text)) => {
            Err(format!("Before `{text}` an operator is missing; write `*` between factors."))
        }
        Some(Token::Sign('(')) => {
            Err("Before `(` an operator is missing; write `*` between factors.".to_owned())
        }
        Some(Token::Sign(sign)) => Err(format!("`{sign}` stands where nothing fits.")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(String),
    Word(String),
    Sign(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let token = match plain(c) {
            c if c.is_whitespace() => continue,
            c if c.is_ascii_digit() || c == '.' => {
                let mut digits = String::from(c);
                while let Some(next) = rest.next_if(|next| next.is_ascii_digit() || ".eE_".contains(*next)) {
                    digits.push(next);
                    if "eE".contains(next) {
                        digits.extend(rest.next_if(|sign| "+-".contains(*sign)));
                    }
                }
                Token::Number(digits.replace('_', ""))
            }
            c if c.is_alphabetic() => {
                let mut word = String::from(c);
                while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.push(next);
                }
                match word.to_lowercase().as_str() {
                    "π" => Token::Word("pi".to_owned()),
                    "x" => Token::Sign('*'),
                    lower => Token::Word(lower.to_owned()),
                }
            }
            '*' if rest.next_if_eq(&'*').is_some() => Token::Sign('^'),
            '/' if rest.next_if_eq(&'/').is_some() => Token::Sign('⌊'),
            c if "+-*/^()%!,;°√²³".contains(c) => Token::Sign(c),
            c => {
                return Err(format!(
                    "`{c}` is not understood here. Use numbers, + - * / ^ % ! ( ) and functions."
                ));
            }
        };
        tokens.push(token);
    }
    Ok(tokens)
}

/// Signs that mean the same as another.
fn plain(c: char) -> char {
    match c {
        '×' | '·' | '∙' | '⋅' | '＊' => '*',
        '÷' | '∕' | '／' => '/',
        '−' | '–' | '—' | '－' => '-',
        '＋' => '+',
        '（' | '[' | '{' => '(',
        '）' | ']' | '}' => ')',
        '，' | '、' => ',',
        '％' => '%',
        '＾' => '^',
        '！' => '!',
        '。' | '．' => '.',
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        c => c,
    }
}

/// A number, and whether it was written as a percentage just so.
struct Term {
    number: Value,
    is_percent: bool,
}

impl Term {
    fn of(number: Value) -> Self {
        Self { number, is_percent: false }
    }
}

struct Reader {
    tokens: Vec<Token>,
    place: usize,
    depth: usize,
    /// How many functions' brackets are open: in there a comma parts arguments.
    in_call: usize,
    products: usize,
    notes: Vec<String>,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(&Token::Sign(wanted));
        self.place += usize::from(is_there);
        is_there
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == MOST_DEPTH {
            return Err(format!("Brackets and powers stand more than {MOST_DEPTH} deep in each other."));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn count_product(&mut self) -> Result<(), String> {
        self.products += 1;
        if self.products > MOST_PRODUCTS {
            return Err(format!("An expression has at most {MOST_PRODUCTS} factorials and choices."));
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<Term, String> {
        let mut left = self.product()?;
        loop {
            let is_minus = match self.peek() {
                Some(Token::Sign('+')) => false,
                Some(Token::Sign('-')) => true,
                _ => return Ok(left),
            };
            self.place += 1;
            let mut right = self.product()?;
            if right.is_percent && !left.is_percent {
                let sign = if is_minus { '-' } else { '+' };
                let note = format!("Understood: `a {sign} b%` is a {sign} b% of a.");
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
                right.number = right.number.times(left.number.clone())?;
            }
            let is_percent = left.is_percent && right.is_percent;
            let sum =
                if is_minus { left.number.minus(right.number)? } else { left.number.plus(right.number)? };
            left = Term { number: sum, is_percent };
        }
    }

    fn product(&mut self) -> Result<Term, String> {
        let mut left = self.signed()?;
        loop {
            let factor = match self.peek() {
                Some(Token::Sign('*')) => Value::times,
                Some(Token::Sign('/')) => Value::over,
                Some(Token::Sign('⌊')) => |a: Value, b: Value| a.over(b)?.floor(),
                Some(Token::Word(word)) if word == "of" => Value::times,
                Some(Token::Word(word)) if word == "mod" => Value::modulo,
                Some(Token::Sign('%')) => Value::modulo,
                _ => return Ok(left),
            };
            self.place += 1;
            let right = self.signed()?;
            left = Term::of(factor(left.number, right.number)?);
        }
    }

    fn signed(&mut self) -> Result<Term, String> {
        let mut is_negative = false;
        loop {
            if self.take('-') {
                is_negative = !is_negative;
            } else if !self.take('+') {
                break;
            }
        }
        let term = self.power()?;
        if is_negative { Ok(Term { number: term.number.negated(), ..term }) } else { Ok(term) }
    }

    fn power(&mut self) -> Result<Term, String> {
        let base = self.finished()?;
        if !self.take('^') {
            return Ok(base);
        }
        let exponent = self.deeper(Self::signed)?;
        Ok(Term::of(base.number.raised(exponent.number)?))
    }

    /// An operand with what stands behind it: `5!`, `20%`, `30°`, `x²`.
    fn finished(&mut self) -> Result<Term, String> {
        let mut term = self.operand()?;
        loop {
            term = if self.take('!') {
                self.count_product()?;
                Term::of(functions::factorial(&term.number)?)
            } else if self.take('°') {
                Term::of(functions::degrees(term.number)?)
            } else if self.take('²') {
                Term::of(term.number.raised(Value::whole(2))?)
            } else if self.take('³') {
                Term::of(term.number.raised(Value::whole(3))?)
            } else if self.peek() == Some(&Token::Sign('%')) && !self.is_operand_next() {
                self.place += 1;
                Term { number: term.number.over(Value::whole(100))?, is_percent: true }
            } else {
                return Ok(term);
            };
        }
    }

    /// True when something to compute with stands behind the next token: then `%` is the rest of a division.
    fn is_operand_next(&self) -> bool {
        match self.tokens.get(self.place + 1) {
            Some(Token::Number(_) | Token::Sign('(' | '√')) => true,
            Some(Token::Word(word)) => !WORDS.contains(&word.as_str()),
            _ => false,
        }
    }

    fn operand(&mut self) -> Result<Term, String> {
        let token = self.peek().cloned();
        self.place += 1;
        match token {
            Some(Token::Number(text)) => {
                let text = self.grouped(text)?;
                let number =
                    number::read(&text).ok_or_else(|| format!("`{text}` is no number that can be read."))?;
                Ok(Term::of(Value::Exact(number)))
            }
            Some(Token::Sign('(')) => {
                let outer = std::mem::take(&mut self.in_call);
                let inner = self.deeper(Self::sum)?;
                self.in_call = outer;
                if self.take(')') { Ok(inner) } else { Err("A closing bracket is missing.".to_owned()) }
            }
            Some(Token::Sign('√')) => {
                let inner = self.deeper(Self::finished)?;
                Ok(Term::of(functions::call("sqrt", vec![inner.number])?))
            }
            Some(Token::Word(word)) => self.word(&word),
            Some(Token::Sign(sign)) => Err(format!("`{sign}` stands where a number is expected.")),
            None => Err("The expression ends where a number is expected.".to_owned()),
        }
    }

    /// Joins `1` `,` `234` outside of a function's brackets, where a comma can only part thousands.
    fn grouped(&mut self, first: String) -> Result<String, String> {
        let mut text = first;
        if self.in_call > 0 {
            return Ok(text);
        }
        while self.peek() == Some(&Token::Sign(',')) {
            let Some(Token::Number(next)) = self.tokens.get(self.place + 1) else { break };
            text = format!("{text},{next}");
            self.place += 2;
        }
        if !text.contains(',') {
            return Ok(text);
        }
        let known = number::read_grouped(&text).is_some();
        let problem = || format!("`{text}` is no number that can be read: write 1234.5, without commas.");
        if known { Ok(text.replace(',', "")) } else { Err(problem()) }
    }

    fn word(&mut self, word: &str) -> Result<Term, String> {
        if let Some(constant) = functions::constant(word) {
            return Ok(Term::of(constant?));
        }
        if !functions::is_known(word) {
            return Err(functions::unknown(word));
        }
        if !self.take('(') {
            return Err(format!("`{word}` needs its arguments in brackets: {word}(…)."));
        }
        let outer = self.in_call;
        let mut arguments = Vec::new();
        if !self.take(')') {
            loop {
                self.in_call = outer + 1;
                arguments.push(self.deeper(Self::sum)?.number);
                if self.take(')') {
                    break;
                }
                if !self.take(',') && !self.take(';') {
                    return Err(format!("The bracket of `{word}(` is not closed."));
                }
            }
        }
        self.in_call = outer;
        if matches!(word, "factorial" | "ncr" | "npr" | "lcm") {
            self.count_product()?;
        }
        functions::call(word, arguments).map(Term::of)
    }
}
