#!/usr/bin/env pwsh
# The verbs of this repository:
#   ./build.ps1 build | publish | library | test [NAME...] | fuzz TARGET SECONDS | run [ARGUMENT...]
param(
    [Parameter(Mandatory)]
    [ValidateSet('build', 'publish', 'library', 'test', 'fuzz', 'run')] [string] $Verb,
    [Parameter(ValueFromRemainingArguments)] [string[]] $Rest = @()
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Push-Location $PSScriptRoot
try {
    switch ($Verb) {
        'build' { dotnet build Engine.sln -c Release @Rest }
        'publish' { dotnet publish engine/Slipway -c Release -o out @Rest }
        'library' {
            dotnet publish interop/Slipway.Abi -c Release @Rest
            dotnet publish interop/Slipway.Abi -c Release -p:NativeLib=Static @Rest
        }
        'test' { bash tests/run.sh @Rest }
        'fuzz' { bash fuzz/run.sh @Rest }
        'run' { bash engine/build/slipway.sh @Rest }
    }
    exit $LASTEXITCODE
}
finally {
    Pop-Location
}
