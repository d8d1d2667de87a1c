//! `#[data]`: the derives of a type that crosses the border as JSON.
//!
//! The derives are told where serde and schemars are, so that a plugin need not
//! depend on them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Result};

pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> Result<TokenStream> {
    if !options.is_empty() {
        let message = "`data` has no options: put `#[serde(…)]` below it";
        return Err(Error::new_spanned(options, message));
    }
    Ok(quote! {
        #[derive(
            ::wharf_sdk::serde::Serialize,
            ::wharf_sdk::serde::Deserialize,
            ::wharf_sdk::schemars::JsonSchema,
        )]
        #[serde(crate = "::wharf_sdk::serde")]
        #[schemars(crate = "::wharf_sdk::schemars")]
        #item
    })
}
