//! A provider whose tools and prompts have something in front of their names.
//!
//! Two plugins may have tools of one name; with a prefix for one of them both can be
//! served. The plugin never sees the prefix. What resources are called is a matter of
//! their URIs, which stay as they are.

use std::borrow::Cow;
use std::sync::Arc;

use wharf_mcp::model::{
    Completion, CompletionTarget, InvalidName, Json, Outcome, PromptResult, ReadResult,
    ResourcePage, ToolName, ToolResult,
};

use super::{Answering, CompletionRequest, Description, Invocation, Provider};

/// Another provider under other names.
pub(crate) struct Prefixed {
    inner: Arc<dyn Provider>,
    prefix: String,
    description: Description,
}

impl Prefixed {
    /// Puts `prefix` in front of the names that `inner` has.
    ///
    /// # Errors
    /// If one of them is too long with it, or has characters that it must not have.
    pub(crate) fn new(inner: Arc<dyn Provider>, prefix: &str) -> Result<Self, InvalidName> {
        let mut description = inner.description().clone();
        let longer = |name: &ToolName| ToolName::new(format!("{prefix}{name}"));
        for tool in description.tools.iter_mut().flatten() {
            tool.name = longer(&tool.name)?;
        }
        for prompt in description.prompts.iter_mut().flatten() {
            prompt.name = longer(&prompt.name)?;
        }
        Ok(Self {
            inner,
            prefix: prefix.to_owned(),
            description,
        })
    }

    /// The plugin's own name for something. Others are not in the catalogue, so they are
    /// not asked for.
    fn own<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(&self.prefix).unwrap_or(name)
    }
}

impl Provider for Prefixed {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn description(&self) -> &Description {
        &self.description
    }

    fn without_secrets<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.inner.without_secrets(text)
    }

    fn call_tool<'a>(
        &'a self,
        invocation: Invocation,
        name: &'a str,
        arguments: &'a Json,
    ) -> Answering<'a, Outcome<ToolResult>> {
        self.inner.call_tool(invocation, self.own(name), arguments)
    }

    fn list_resources<'a>(
        &'a self,
        invocation: Invocation,
        cursor: Option<&'a str>,
    ) -> Answering<'a, ResourcePage> {
        self.inner.list_resources(invocation, cursor)
    }

    fn read_resource<'a>(
        &'a self,
        invocation: Invocation,
        uri: &'a str,
    ) -> Answering<'a, Outcome<ReadResult>> {
        self.inner.read_resource(invocation, uri)
    }

    fn get_prompt<'a>(
        &'a self,
        invocation: Invocation,
        name: &'a str,
        arguments: &'a [(String, String)],
    ) -> Answering<'a, Outcome<PromptResult>> {
        self.inner.get_prompt(invocation, self.own(name), arguments)
    }

    fn complete<'a>(
        &'a self,
        invocation: Invocation,
        request: CompletionRequest<'a>,
    ) -> Answering<'a, Completion> {
        let CompletionTarget::Prompt(name) = request.target else {
            return self.inner.complete(invocation, request);
        };
        let target = CompletionTarget::Prompt(self.own(name).to_owned());
        Box::pin(async move {
            let request = CompletionRequest {
                target: &target,
                ..request
            };
            self.inner.complete(invocation, request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wharf_mcp::model::{
        Completion, Fault, Json, Outcome, Prompt, PromptResult, ReadResult, ResourcePage, ToolName,
        ToolResult,
    };

    use super::{Answering, CompletionRequest, Description, Invocation, Prefixed, Provider};

    /// Has one prompt and answers nothing.
    struct Named(Description);

    impl Named {
        fn new(name: &str) -> Arc<Self> {
            let prompt = Prompt {
                name: ToolName::new(name).unwrap(),
                title: None,
                description: None,
                arguments: Vec::new(),
                icons: Vec::new(),
                meta: None,
            };
            Arc::new(Self(Description {
                prompts: Some(vec![prompt]),
                ..Description::default()
            }))
        }
    }

    fn nothing<'a, T>() -> Answering<'a, T> {
        Box::pin(async { Err(Fault::NotFound(String::new())) })
    }

    impl Provider for Named {
        fn name(&self) -> &'static str {
            "named"
        }

        fn description(&self) -> &Description {
            &self.0
        }

        fn call_tool<'a>(
            &'a self,
            _: Invocation,
            _: &'a str,
            _: &'a Json,
        ) -> Answering<'a, Outcome<ToolResult>> {
            nothing()
        }

        fn list_resources<'a>(
            &'a self,
            _: Invocation,
            _: Option<&'a str>,
        ) -> Answering<'a, ResourcePage> {
            nothing()
        }

        fn read_resource<'a>(
            &'a self,
            _: Invocation,
            _: &'a str,
        ) -> Answering<'a, Outcome<ReadResult>> {
            nothing()
        }

        fn get_prompt<'a>(
            &'a self,
            _: Invocation,
            _: &'a str,
            _: &'a [(String, String)],
        ) -> Answering<'a, Outcome<PromptResult>> {
            nothing()
        }

        fn complete<'a>(
            &'a self,
            _: Invocation,
            _: CompletionRequest<'a>,
        ) -> Answering<'a, Completion> {
            nothing()
        }
    }

    #[test]
    fn names_are_as_long_as_names_may_be() {
        let named = |length: usize| Prefixed::new(Named::new(&"x".repeat(length)), "abcd");
        let prefixed = named(124).ok().unwrap();
        let prompts = prefixed.description().prompts.as_ref().unwrap();
        assert_eq!(prompts[0].name.as_str().len(), 128);
        assert_eq!(prefixed.own("abcdx"), "x");
        assert!(named(125).is_err());
    }
}
