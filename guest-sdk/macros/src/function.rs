//! The function under an attribute.
//!
//! Its parameters are told apart by their form alone: what is taken by reference
//! is the request, what is taken by value are the arguments. So the macros never
//! have to guess what a type's name means.

use crate::options::Options;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Error, Expr, FnArg, ItemFn, Lit, Meta, Result, ReturnType, Type, parse_quote,
};

/// A function that becomes a tool or prompt.
pub(crate) struct Function {
    pub(crate) item: ItemFn,
    /// Whether it wants the request.
    request: bool,
    /// The type of its arguments, if it has any.
    pub(crate) arguments: Option<Type>,
}

impl Function {
    pub(crate) fn parse(item: TokenStream) -> Result<Self> {
        let mut item = plain(item)?;
        let mut parameters = item.sig.inputs.iter().map(parameter);
        let mut next = parameters.next().transpose()?;
        let request = matches!(next, Some(Type::Reference(_)));
        if request {
            next = parameters.next().transpose()?;
        }
        if let (Some(Type::Reference(_)), _) | (_, Some(_)) = (&next, parameters.next()) {
            let message = "the parameters are: nothing, `arguments`, `request: &Request`, or \
                           `request: &Request, arguments`";
            return Err(Error::new_spanned(&item.sig.inputs, message));
        }
        let arguments = next.cloned();
        tolerate_signature(&mut item);
        Ok(Self {
            item,
            request,
            arguments,
        })
    }

    pub(crate) fn ident(&self) -> &Ident {
        &self.item.sig.ident
    }

    /// The return type.
    pub(crate) fn output(&self) -> Result<Type> {
        match &self.item.sig.output {
            ReturnType::Default => Ok(parse_quote!(())),
            ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)) => {
                let message = "say which type: the output schema depends on it";
                Err(Error::new_spanned(ty, message))
            }
            ReturnType::Type(_, ty) => Ok((**ty).clone()),
        }
    }

    /// A call of the function, where `request` and `arguments` are in scope.
    pub(crate) fn call(&self) -> TokenStream {
        let name = self.ident();
        let request = self.request.then(|| quote!(request,));
        let arguments = self
            .arguments
            .as_ref()
            .map(|ty| quote!(arguments.parse::<#ty>()?));
        quote!(#name(#request #arguments))
    }

    /// The identifier it is known by: an option, or its own name.
    pub(crate) fn name(&self, options: &mut Options) -> Result<TokenStream> {
        if let Some(name) = options.expr("name")? {
            return Ok(name.into_token_stream());
        }
        let name = self.ident().to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        Ok(name.into_token_stream())
    }

    /// Its description: an option, or its doc comment.
    pub(crate) fn description(&self, options: &mut Options) -> Result<Option<TokenStream>> {
        if let Some(description) = options.expr("description")? {
            return Ok(Some(description.into_token_stream()));
        }
        let text = doc_comment(&self.item.attrs);
        Ok((!text.is_empty()).then(|| text.into_token_stream()))
    }

    /// The function, and a type of its name for the trait's implementation.
    pub(crate) fn with_type(&self, implementation: &TokenStream) -> TokenStream {
        with_type(&self.item, implementation)
    }
}

/// A function that is neither async nor generic.
pub(crate) fn plain(item: TokenStream) -> Result<ItemFn> {
    let item: ItemFn = syn::parse2(item)?;
    if let Some(token) = &item.sig.asyncness {
        let message = "a call has its instance to itself, so functions are not async";
        return Err(Error::new_spanned(token, message));
    }
    if item.sig.generics.type_params().next().is_some() {
        let message = "the host cannot choose type parameters";
        return Err(Error::new_spanned(&item.sig.generics, message));
    }
    Ok(item)
}

/// The function as it is, and beside it, in the namespace of types, the
/// implementation that `plugin!` finds under the same name.
pub(crate) fn with_type(item: &ItemFn, implementation: &TokenStream) -> TokenStream {
    let (visibility, name) = (&item.vis, &item.sig.ident);
    quote! {
        #item

        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, reason = "named like the function")]
        #[derive(Debug)]
        #visibility enum #name {}

        #implementation
    }
}

/// The form of the signature is the attribute's wish, not the author's choice.
pub(crate) fn tolerate_signature(item: &mut ItemFn) {
    item.attrs.push(parse_quote! {
        #[allow(
            clippy::needless_pass_by_value,
            clippy::unnecessary_wraps,
            reason = "arguments are owned, and every result may be a `Result`"
        )]
    });
}

fn parameter(parameter: &FnArg) -> Result<&Type> {
    match parameter {
        FnArg::Typed(typed) => Ok(&typed.ty),
        FnArg::Receiver(receiver) => Err(Error::new_spanned(
            receiver,
            "methods have no instance to be called on",
        )),
    }
}

/// The text of the doc comment, without the space that each line begins with.
fn doc_comment(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(doc_line);
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => text(&pair.value),
        Meta::Path(_) | Meta::List(_) | Meta::NameValue(_) => None,
    }
}

/// The text of a string literal.
pub(crate) fn text(value: &Expr) -> Option<String> {
    if let Expr::Lit(literal) = value
        && let Lit::Str(text) = &literal.lit
    {
        return Some(text.value());
    }
    None
}
