//! `#[prompt]`.

use crate::function::Function;
use crate::options::{Options, setter};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Result;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function = Function::parse(item)?;
    let mut options = Options::parse(options)?;
    let name = function.name(&mut options)?;
    let definition = definition(&function, &mut options)?;
    options.finish()?;
    let (ident, call) = (function.ident(), function.call());
    Ok(function.with_type(&quote! {
        impl ::wharf_sdk::prompt::PromptFn for #ident {
            const NAME: &'static str = #name;

            fn definition() -> ::wharf_sdk::prompt::Prompt {
                ::wharf_sdk::prompt::Prompt::new(Self::NAME) #definition
            }

            #[allow(unused_variables, reason = "not every prompt wants both")]
            fn get(
                request: &::wharf_sdk::Request,
                arguments: &::wharf_sdk::prompt::PromptArguments,
            ) -> ::wharf_sdk::Result<::wharf_sdk::prompt::PromptResult> {
                ::wharf_sdk::prompt::IntoPrompt::into_prompt(#call)
            }
        }
    }))
}

/// The builder calls that make the definition.
fn definition(function: &Function, options: &mut Options) -> Result<TokenStream> {
    let description = setter("description", function.description(options)?);
    let title = options.setter("title")?;
    let arguments = function
        .arguments
        .as_ref()
        .map(|ty| quote!(.arguments::<#ty>()));
    let icons = options.setter("icons")?;
    let meta = options.setter("meta")?;
    Ok(quote!(#title #description #arguments #icons #meta))
}
