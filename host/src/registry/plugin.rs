//! Loaded components as providers.

use std::borrow::Cow;

use wharf_mcp::model::{
    Completion, Json, Outcome, PromptResult, ReadResult, ResourcePage, ToolResult,
};

use super::{Answering, CompletionRequest, Description, Invocation, Provider};

impl Provider for wharf_runtime::Plugin {
    fn name(&self) -> &str {
        Self::name(self)
    }

    fn description(&self) -> &Description {
        Self::description(self)
    }

    fn without_secrets<'a>(&self, text: &'a str) -> Cow<'a, str> {
        Self::without_secrets(self, text)
    }

    fn call_tool<'a>(
        &'a self,
        invocation: Invocation,
        name: &'a str,
        arguments: &'a Json,
    ) -> Answering<'a, Outcome<ToolResult>> {
        Box::pin(Self::call_tool(self, invocation, name, arguments))
    }

    fn list_resources<'a>(
        &'a self,
        invocation: Invocation,
        cursor: Option<&'a str>,
    ) -> Answering<'a, ResourcePage> {
        Box::pin(Self::list_resources(self, invocation, cursor))
    }

    fn read_resource<'a>(
        &'a self,
        invocation: Invocation,
        uri: &'a str,
    ) -> Answering<'a, Outcome<ReadResult>> {
        Box::pin(Self::read_resource(self, invocation, uri))
    }

    fn get_prompt<'a>(
        &'a self,
        invocation: Invocation,
        name: &'a str,
        arguments: &'a [(String, String)],
    ) -> Answering<'a, Outcome<PromptResult>> {
        Box::pin(Self::get_prompt(self, invocation, name, arguments))
    }

    fn complete<'a>(
        &'a self,
        invocation: Invocation,
        request: CompletionRequest<'a>,
    ) -> Answering<'a, Completion> {
        Box::pin(Self::complete(
            self,
            invocation,
            request.target,
            request.argument,
            request.value,
            request.context,
        ))
    }
}
