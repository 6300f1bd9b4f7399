//! The set-up in PowerShell 5.1, which every Windows has, and newer ones.
//!
//! There is no `sh` on Windows, so kubectl calls curl itself (`user=curl`). PowerShell changes the
//! encoding of what programs print, so programs write into files themselves.

use super::Setup;

/// The command.
pub(super) fn command(setup: &Setup) -> String {
    let clusters: Vec<_> = setup.clusters.iter().map(|name| quoted(name)).collect();
    SCRIPT
        .replace("{portal}", &quoted(&setup.portal))
        .replace("{clusters}", &clusters.join(", "))
        .replace("{secret}", &setup.secret)
}

/// The text as it is (`about_Quoting_Rules`): only the quote itself has a meaning. PowerShell takes
/// typographic ones for quotes too, but no URL has them: they are percent-encoded there.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

const SCRIPT: &str = r#" & {
  $ErrorActionPreference = 'Stop'
  $portal = {portal}; $folder = "$HOME\.shorepass"; $before = $env:KUBECONFIG
  $key, $new, $old, $all = '.key.new', '.new', '.old', '.all' | ForEach-Object { "$folder\$_" }
  function Say($text) { Write-Host "shorepass: $text" }
  function View($files, $into) {
    $env:KUBECONFIG = $files
    $run = Start-Process kubectl 'config view --raw' -NoNewWindow -Wait -PassThru -RedirectStandardOutput $into
    $run.ExitCode -eq 0
  }
  try {
    New-Item -ItemType Directory -Force $folder | Out-Null
    icacls $folder /inheritance:r /grant:r "${env:USERNAME}:(OI)(CI)F" | Out-Null
    [IO.File]::WriteAllText($key, "Authorization: Bearer {secret}`n")
    curl.exe -sS --max-time 20 -H "@$key" -o $new -d format=kubeconfig -d user=curl --data-urlencode "key_file=$folder\{cluster}" "$portal/k8stoken"
    if ($LASTEXITCODE -ne 0) { Say "$portal cannot be asked; curl says why, above. Nothing was changed."; return }
    $answer = [IO.File]::ReadAllText($new)
    if (-not $answer.StartsWith("apiVersion: v1`nkind: Config`n")) {
      if ($answer -ceq 'login_required') { Say "you are not logged in. Nothing was changed: log in at $portal/login, then run this again." }
      elseif ($answer -cmatch '\A[a-z_]+\z') { Say "$portal says $answer. Nothing was changed: start again at $portal/" }
      else { Say "$portal did not answer as Shorepass does. Nothing was changed." }
      return
    }
    foreach ($cluster in {clusters}) { Copy-Item -Force $key "$folder\$cluster" }
    $next = [regex]::Match($answer, '(?m)^current-context: "(.*)"').Groups[1].Value
    $file = if ($before) { $before.Split(';')[0] } else { "$HOME\.kube\config" }
    if (-not (Test-Path $file)) {
      New-Item -ItemType Directory -Force (Split-Path -Parent $file) | Out-Null
      Copy-Item $new $file
      Say "this computer is set up in $file. Try:"
    } else {
      [IO.File]::WriteAllText($new, ($answer -replace '(?m)^current-context: .*\n', ''))
      if (-not (Get-Command kubectl -ErrorAction SilentlyContinue) -or -not ((View $file $old) -and (View "$file;$new" $all))) {
        Copy-Item -Force $new "$folder\kubeconfig.yaml"
        Say "kubectl is missing or cannot read $file, so that file is as it was. The new contexts are in $folder\kubeconfig.yaml. Try:"
        Write-Host "  kubectl --kubeconfig $folder\kubeconfig.yaml --context $next get pods"
        return
      }
      if ([IO.File]::ReadAllText($old) -ceq [IO.File]::ReadAllText($all)) {
        Say "this computer is set up, and $file needed no change. Try:"
      } else {
        if (-not (Test-Path "$file.before-shorepass")) { Copy-Item $file "$file.before-shorepass" }
        [IO.File]::WriteAllBytes($file, [IO.File]::ReadAllBytes($all))
        Say "this computer is set up in $file; what it was before is in $file.before-shorepass. Try:"
      }
    }
    Write-Host "  kubectl --context $next get pods"
  } finally {
    $env:KUBECONFIG = $before
    Remove-Item -Force -ErrorAction SilentlyContinue $key, $new, $old, $all
  }
}
"#;
