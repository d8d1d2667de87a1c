//! What stands in an attribute's parentheses: flags and `name = value` pairs.
//!
//! A macro takes the options it knows out of the list one by one; what is left
//! at the end is an error that names what would have been possible.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Result, Token, Type, parse_quote};

/// The options of one attribute.
pub(crate) struct Options {
    given: Vec<Given>,
    known: Vec<&'static str>,
}

struct Given {
    name: Ident,
    value: Value,
}

enum Value {
    Flag,
    Expr(Expr),
    /// `output = Vec<Item>` is no expression.
    Type(Type),
}

impl Options {
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self> {
        let given = Punctuated::<Given, Token![,]>::parse_terminated.parse2(tokens)?;
        Ok(Self {
            given: given.into_iter().collect(),
            known: Vec::new(),
        })
    }

    /// The value of `name = value`.
    pub(crate) fn expr(&mut self, name: &'static str) -> Result<Option<Expr>> {
        match self.take(name)? {
            None => Ok(None),
            Some(Given {
                value: Value::Expr(value),
                ..
            }) => Ok(Some(value)),
            Some(Given { name, .. }) => {
                Err(Error::new_spanned(&name, format!("`{name}` needs a value")))
            }
        }
    }

    /// The value of `name = Type`.
    pub(crate) fn ty(&mut self, name: &'static str) -> Result<Option<Type>> {
        match self.take(name)? {
            None => Ok(None),
            Some(Given {
                value: Value::Type(value),
                ..
            }) => Ok(Some(value)),
            Some(Given { name, .. }) => {
                Err(Error::new_spanned(&name, format!("`{name}` needs a type")))
            }
        }
    }

    /// A flag, or the value of `name = true` and the like.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<Option<Expr>> {
        Ok(self.take(name)?.and_then(|given| match given.value {
            Value::Flag => Some(parse_quote!(true)),
            Value::Expr(value) => Some(value),
            Value::Type(_) => None,
        }))
    }

    /// A call of the builder method of the same name, if the option is there.
    pub(crate) fn setter(&mut self, name: &'static str) -> Result<TokenStream> {
        Ok(setter(name, self.expr(name)?))
    }

    /// The same for a flag.
    pub(crate) fn flag_setter(&mut self, name: &'static str) -> Result<TokenStream> {
        Ok(setter(name, self.flag(name)?))
    }

    /// Complains about the first option that nothing has asked for.
    pub(crate) fn finish(self) -> Result<()> {
        match self.given.first() {
            None => Ok(()),
            Some(given) => {
                let known = self.known.join("`, `");
                let message = format!("unknown option: these exist: `{known}`");
                Err(Error::new_spanned(&given.name, message))
            }
        }
    }

    fn take(&mut self, name: &'static str) -> Result<Option<Given>> {
        self.known.push(name);
        let found = self.given.iter().position(|given| given.name == name);
        let Some(index) = found else {
            return Ok(None);
        };
        let given = self.given.remove(index);
        if let Some(again) = self.given.iter().find(|given| given.name == name) {
            return Err(Error::new_spanned(
                &again.name,
                "this option is given twice",
            ));
        }
        Ok(Some(given))
    }
}

/// `.name(value)`, or nothing.
pub(crate) fn setter(name: &str, value: Option<impl ToTokens>) -> TokenStream {
    let Some(value) = value else {
        return TokenStream::new();
    };
    let method = Ident::new(name, proc_macro2::Span::call_site());
    quote!(.#method(#value))
}

impl Parse for Given {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        if !input.peek(Token![=]) {
            let value = Value::Flag;
            return Ok(Self { name, value });
        }
        input.parse::<Token![=]>()?;
        let value = if name == "output" {
            Value::Type(input.parse()?)
        } else {
            Value::Expr(input.parse()?)
        };
        Ok(Self { name, value })
    }
}
