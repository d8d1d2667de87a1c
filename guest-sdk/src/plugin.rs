//! What a component exports.
//!
//! [`plugin!`](crate::plugin) names the parts of a plugin; for each part that is
//! named, and only for those, the component gets the exports of that part's
//! world. All it does per part is to make a type that has the part; everything
//! else is ordinary code in `exports.rs`.
//!
//! The part is an expression that is evaluated in each call: nothing of it is
//! kept between calls, because an instance does not outlive one.

use crate::completion::Completions;
use crate::permission::Permissions;
use crate::prompt::Prompts;
use crate::resource::Resources;
use crate::tool::Tools;

/// A plugin with tools.
pub trait HasTools {
    /// The tools.
    fn part() -> impl Tools;
}

/// A plugin with resources.
pub trait HasResources {
    /// The resources.
    fn part() -> impl Resources;
}

/// A plugin with prompts.
pub trait HasPrompts {
    /// The prompts.
    fn part() -> impl Prompts;
}

/// A plugin with completions.
pub trait HasCompletions {
    /// The completions.
    fn part() -> impl Completions;
}

/// A plugin that says what it would like to be granted.
pub trait HasPermissions {
    /// What it asks for.
    fn part() -> impl Permissions;
}

/// Names what this crate's component offers.
///
/// Each part is optional; what is not named is not exported, and the host does
/// not advertise it. A part is a list of functions with the part's attribute, or
/// a value that implements the part's trait:
///
/// | part | functions | trait |
/// | --- | --- | --- |
/// | `tools` | [`#[tool]`](macro@crate::tool) | [`Tools`](crate::tool::Tools) |
/// | `resources` | | [`Resources`](crate::resource::Resources) |
/// | `prompts` | [`#[prompt]`](macro@crate::prompt) | [`Prompts`](crate::prompt::Prompts) |
/// | `completions` | [`#[completion]`](macro@crate::completion) | [`Completions`](crate::completion::Completions) |
///
/// `permissions` is a list of what the plugin [asks for](crate::permission).
///
/// ```
/// use wharf_sdk::prelude::*;
///
/// /// Flips a coin that always shows the same side.
/// #[tool]
/// fn flip() -> &'static str {
///     "heads"
/// }
///
/// plugin!(tools: [flip]);
/// ```
///
/// What is no part of a plugin does not compile:
///
/// ```compile_fail
/// wharf_sdk::plugin!(tool: []);
/// ```
#[macro_export]
macro_rules! plugin {
    (tools: [$($tool:path),* $(,)?] $(, $($rest:tt)*)?) => {
        $crate::plugin!(
            tools: $crate::tool::ToolFns(const { &[$($crate::tool::ToolEntry::of::<$tool>()),*] }),
            $($($rest)*)?
        );
    };
    (tools: $tools:expr $(, $($rest:tt)*)?) => {
        $crate::__part!(tools, HasTools, Tools, $tools);
        $crate::plugin!($($($rest)*)?);
    };
    (resources: $resources:expr $(, $($rest:tt)*)?) => {
        $crate::__part!(resources, HasResources, Resources, $resources);
        $crate::plugin!($($($rest)*)?);
    };
    (prompts: [$($prompt:path),* $(,)?] $(, $($rest:tt)*)?) => {
        $crate::plugin!(
            prompts: $crate::prompt::PromptFns(
                const { &[$($crate::prompt::PromptEntry::of::<$prompt>()),*] }
            ),
            $($($rest)*)?
        );
    };
    (prompts: $prompts:expr $(, $($rest:tt)*)?) => {
        $crate::__part!(prompts, HasPrompts, Prompts, $prompts);
        $crate::plugin!($($($rest)*)?);
    };
    (completions: [$($completion:path),* $(,)?] $(, $($rest:tt)*)?) => {
        $crate::plugin!(
            completions: $crate::completion::CompletionFns(
                const { &[$($crate::completion::CompletionEntry::of::<$completion>()),*] }
            ),
            $($($rest)*)?
        );
    };
    (completions: $completions:expr $(, $($rest:tt)*)?) => {
        $crate::__part!(completions, HasCompletions, Completions, $completions);
        $crate::plugin!($($($rest)*)?);
    };
    (permissions: $permissions:expr $(, $($rest:tt)*)?) => {
        $crate::__part!(permissions, HasPermissions, Permissions, $permissions);
        $crate::plugin!($($($rest)*)?);
    };
    ($(,)?) => {};
    ($part:ident $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`",
            ::core::stringify!($part),
            "` is not a part of a plugin: `tools: …`, `resources: …`, `prompts: …`, ",
            "`completions: …` and `permissions: …` are"
        ));
    };
}

/// Exports one part. Natively there is nobody to export it to, but it is checked
/// all the same.
#[doc(hidden)]
#[macro_export]
macro_rules! __part {
    ($world:ident, $has:ident, $part:ident, $value:expr) => {
        const _: () = {
            enum Plugin {}

            impl $crate::__private::$has for Plugin {
                fn part() -> impl $crate::__private::$part {
                    $value
                }
            }

            #[cfg(target_arch = "wasm32")]
            $crate::__private::$world::export!(
                Plugin with_types_in $crate::__private::$world
            );

            // Or everything in the plugin would be dead code.
            #[cfg(not(target_arch = "wasm32"))]
            const _: fn() = || {
                let _ = <Plugin as $crate::__private::$has>::part();
            };
        };
    };
}
