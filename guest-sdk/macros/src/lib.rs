//! The macros of `wharf-sdk`, which re-exports and documents them.
//!
//! Each attribute leaves the function as it is, callable by tests and by other
//! functions, and adds a type of the same name that implements a trait of the
//! SDK. Functions and types live in different namespaces, so `plugin!` and the
//! function's callers can use the same name. All behaviour is in the SDK; what is
//! generated here only says which types and texts to use.

mod completion;
mod data;
mod function;
mod options;
mod prompt;
mod tool;

use proc_macro::TokenStream;

/// Makes a function a tool.
///
/// The function takes nothing, or its arguments, or `&Request` and its
/// arguments, and returns what `IntoToolResult` is implemented for. Its doc
/// comment is the description. It stays an ordinary function; beside it there is
/// a type of the same name, for `plugin!`, so no module may be called the same.
///
/// | option | meaning |
/// | --- | --- |
/// | `name = "…"` | the identifier, if not the function's name |
/// | `title = "…"` | the name for people |
/// | `description = "…"` | instead of the doc comment |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints; also `destructive = false` and so on |
/// | `input_schema = …` | JSON Schema text or `json!` value, instead of the argument type's |
/// | `output_schema = …` | the same for the structured result |
/// | `output = Type` | the type of the structured result, where the return type does not tell |
/// | `icons = […]` | pictures: an array or vector of `Icon` |
/// | `task = "optional"`, `task = "required"` | whether it may, or must, run in the background; see `wharf_sdk::ask` |
/// | `meta = …` | the `_meta` member: a `json!` object |
#[proc_macro_attribute]
pub fn tool(options: TokenStream, item: TokenStream) -> TokenStream {
    tool::expand(options.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a function a prompt.
///
/// The function takes nothing, or its arguments, or `&Request` and its
/// arguments, and returns what `IntoPrompt` is implemented for: text, messages,
/// or a `PromptResult`. The fields of the argument type are the prompt's blanks.
///
/// | option | meaning |
/// | --- | --- |
/// | `name = "…"` | the identifier, if not the function's name |
/// | `title = "…"` | the name for people |
/// | `description = "…"` | instead of the doc comment |
/// | `icons = […]` | pictures: an array or vector of `Icon` |
/// | `meta = …` | the `_meta` member: a `json!` object |
#[proc_macro_attribute]
pub fn prompt(options: TokenStream, item: TokenStream) -> TokenStream {
    prompt::expand(options.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a function complete one argument of a prompt or resource template.
///
/// The function takes `&Typing`, or `&Request` and `&Typing`, and returns a
/// vector of strings or a `Completion`.
///
/// | option | meaning |
/// | --- | --- |
/// | `prompt = "…"` | the prompt by name, or |
/// | `template = "…"` | the resource template by its URI template |
/// | `argument = "…"` | the argument's name |
#[proc_macro_attribute]
pub fn completion(options: TokenStream, item: TokenStream) -> TokenStream {
    completion::expand(options.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a struct or enum fit for arguments, results, forms and state.
///
/// It derives `Serialize`, `Deserialize` and `JsonSchema`. Put it above all
/// `#[serde(…)]` and `#[schemars(…)]` attributes.
#[proc_macro_attribute]
pub fn data(options: TokenStream, item: TokenStream) -> TokenStream {
    data::expand(&options.into(), &item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
