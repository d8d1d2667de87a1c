//! `#[completion]`.

use crate::function::{plain, tolerate_signature, with_type};
use crate::options::Options;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, Result};

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut item = plain(item)?;
    tolerate_signature(&mut item);
    let mut options = Options::parse(options)?;
    let target = target(&item, &mut options)?;
    let argument = options.expr("argument")?;
    let argument = argument.ok_or_else(|| missing(&item, "`argument = \"…\"`"))?;
    options.finish()?;
    let (ident, call) = (&item.sig.ident, call(&item)?);
    Ok(with_type(
        &item,
        &quote! {
            impl ::wharf_sdk::completion::CompletionFn for #ident {
                const TARGET: ::wharf_sdk::completion::Target<'static> = #target;
                const ARGUMENT: &'static str = #argument;

                #[allow(unused_variables, reason = "not every completion wants both")]
                fn complete(
                    request: &::wharf_sdk::Request,
                    typing: &::wharf_sdk::completion::Typing,
                ) -> ::wharf_sdk::Result<::wharf_sdk::completion::Completion> {
                    ::wharf_sdk::completion::IntoCompletion::into_completion(#call)
                }
            }
        },
    ))
}

fn target(item: &ItemFn, options: &mut Options) -> Result<TokenStream> {
    match (options.expr("prompt")?, options.expr("template")?) {
        (Some(name), None) => Ok(quote!(::wharf_sdk::completion::Target::Prompt(#name))),
        (None, Some(uri)) => Ok(quote!(::wharf_sdk::completion::Target::Template(#uri))),
        _ => Err(missing(
            item,
            "either `prompt = \"…\"` or `template = \"…\"`",
        )),
    }
}

fn call(item: &ItemFn) -> Result<TokenStream> {
    let name = &item.sig.ident;
    match item.sig.inputs.len() {
        1 => Ok(quote!(#name(typing))),
        2 => Ok(quote!(#name(request, typing))),
        _ => {
            let message = "the parameters are `typing: &Typing`, or `request: &Request` and that";
            Err(Error::new_spanned(&item.sig, message))
        }
    }
}

fn missing(item: &ItemFn, what: &str) -> Error {
    let message = format!("`#[completion(…)]` needs {what}");
    Error::new_spanned(&item.sig.ident, message)
}
