//! `#[tool]`.

use crate::function::{Function, text};
use crate::options::{Options, setter};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Result};

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function = Function::parse(item)?;
    let mut options = Options::parse(options)?;
    let name = function.name(&mut options)?;
    let definition = definition(&function, &mut options)?;
    options.finish()?;
    let (ident, call) = (function.ident(), function.call());
    Ok(function.with_type(&quote! {
        impl ::wharf_sdk::tool::ToolFn for #ident {
            const NAME: &'static str = #name;

            fn definition() -> ::wharf_sdk::tool::Tool {
                ::wharf_sdk::tool::Tool::new(Self::NAME) #definition
            }

            #[allow(unused_variables, reason = "not every tool wants both")]
            fn call(
                request: &::wharf_sdk::Request,
                arguments: &::wharf_sdk::tool::Arguments,
            ) -> ::wharf_sdk::Result<::wharf_sdk::ToolResult> {
                ::wharf_sdk::tool::IntoToolResult::into_tool_result(#call)
            }
        }
    }))
}

/// The builder calls that make the definition.
fn definition(function: &Function, options: &mut Options) -> Result<TokenStream> {
    let description = setter("description", function.description(options)?);
    let title = options.setter("title")?;
    let read_only = options.flag_setter("read_only")?;
    let destructive = options.flag_setter("destructive")?;
    let idempotent = options.flag_setter("idempotent")?;
    let open_world = options.flag_setter("open_world")?;
    let input = input(function, options)?;
    let output = output(function, options)?;
    let icons = options.setter("icons")?;
    let task = setter("task_support", task_support(options)?);
    let meta = options.setter("meta")?;
    Ok(quote! {
        #title #description #input #output
        #read_only #destructive #idempotent #open_world
        #icons #task #meta
    })
}

fn input(function: &Function, options: &mut Options) -> Result<TokenStream> {
    let given = options.setter("input_schema")?;
    Ok(match &function.arguments {
        Some(ty) if given.is_empty() => quote!(.input::<#ty>()),
        _ => given,
    })
}

fn output(function: &Function, options: &mut Options) -> Result<TokenStream> {
    let schema = options.setter("output_schema")?;
    let ty = options.ty("output")?;
    Ok(match ty {
        _ if !schema.is_empty() => schema,
        Some(ty) => quote!(.output::<#ty>()),
        None => {
            let ty = function.output()?;
            quote!(.output_of::<#ty>())
        }
    })
}

fn task_support(options: &mut Options) -> Result<Option<TokenStream>> {
    let Some(value) = options.expr("task")? else {
        return Ok(None);
    };
    let support = match text(&value).as_deref() {
        Some("forbidden") => quote!(Forbidden),
        Some("optional") => quote!(Optional),
        Some("required") => quote!(Required),
        _ => {
            let message = "`task` is \"forbidden\", \"optional\" or \"required\"";
            return Err(Error::new_spanned(value, message));
        }
    };
    Ok(Some(quote!(::wharf_sdk::tool::TaskSupport::#support)))
}
