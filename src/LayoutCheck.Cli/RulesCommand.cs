using System.CommandLine;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck rules</c>.</summary>
internal static class RulesCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        OutputOptions output = new("rules");
        output.AddTo(command);
        command.SetAction(parsed => OutputOptions.Write(RulesReport.Of(RuleCatalog.Default), output.Form(parsed)));
        Command import = new("import", "Takes the layout assertions out of kernel headers into a rule file for check --rules.");
        ImportCommand.Fill(import);
        command.Subcommands.Add(import);
    }
}
