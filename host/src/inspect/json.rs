//! Findings for programs.
//!
//! | field | meaning |
//! | --- | --- |
//! | `name` | what the plugin is called in messages |
//! | `file`, `size` | the component, and its size in bytes |
//! | `contract` | the version of the plugin contract it was built with, or null |
//! | `problem` | why it cannot be served, or null |
//! | `interfaces` | which of `tools`, `resources`, `prompts`, `completions` it exports |
//! | `tools`, `prompts` | names; null if there is no such interface, or a `problem` |
//! | `resource_templates` | URI templates; null likewise |
//! | `needs` | what it can use if it is granted: `what`, and the `flag` that grants it or null |
//! | `permissions` | what it asks for: `capability` in words, `reason`, `required`; null if it does not ask, or a `problem` |
//! | `unsupported` | imports that nothing can satisfy |
//! | `imports`, `exports` | all of them, by their full names |

use serde::Serialize;
use wharf_runtime::{Interface, Permission};

use super::Findings;
use super::needs::{flag, word};

#[derive(Serialize)]
struct Json<'a> {
    name: &'a str,
    file: String,
    size: usize,
    contract: Option<&'a str>,
    problem: Option<String>,
    interfaces: Vec<&'static str>,
    tools: Option<Vec<&'a str>>,
    prompts: Option<Vec<&'a str>>,
    resource_templates: Option<Vec<&'a str>>,
    needs: Vec<NeedJson>,
    permissions: Option<Vec<PermissionJson<'a>>>,
    unsupported: &'a [String],
    imports: &'a [String],
    exports: &'a [String],
}

#[derive(Serialize)]
struct NeedJson {
    what: &'static str,
    flag: Option<&'static str>,
}

#[derive(Serialize)]
struct PermissionJson<'a> {
    capability: String,
    reason: &'a str,
    required: bool,
}

/// The findings as an indented JSON object with a line break at its end.
pub(super) fn render<'a>(findings: &'a Findings) -> serde_json::Result<String> {
    let outside = &findings.outside;
    let needs = outside.needs.iter().map(|&need| NeedJson {
        what: word(need),
        flag: flag(need),
    });
    let json = Json {
        name: &findings.name,
        file: findings.path.display().to_string(),
        size: findings.size,
        contract: outside.contract.as_deref(),
        problem: findings.problem(),
        interfaces: interfaces(&outside.interfaces),
        tools: findings.tools(),
        prompts: findings.prompts(),
        resource_templates: findings.resource_templates(),
        needs: needs.collect(),
        permissions: findings.permissions().map(|asked| {
            let permission = |asked: &'a Permission| PermissionJson {
                capability: asked.capability.to_string(),
                reason: &asked.reason,
                required: asked.required,
            };
            asked.iter().map(permission).collect()
        }),
        unsupported: &outside.unsupported,
        imports: &outside.imports,
        exports: &outside.exports,
    };
    Ok(serde_json::to_string_pretty(&json)? + "\n")
}

/// Always in the same order, whatever that of the exports is.
fn interfaces(interfaces: &[Interface]) -> Vec<&'static str> {
    let mut interfaces = interfaces.to_vec();
    interfaces.sort_unstable();
    let words = interfaces.into_iter().map(|interface| match interface {
        Interface::Tools => "tools",
        Interface::Resources => "resources",
        Interface::Prompts => "prompts",
        Interface::Completions => "completions",
    });
    words.collect()
}
