using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Linux;

namespace Slipway.Control;

/// <summary>
/// What clients of the API's TCP port show, as a bearer token (RFC 6750): a user of the machine may
/// connect to the port, but only the engine's user may read the file that it is in.
/// </summary>
public sealed class ControlToken
{
    /// <summary>What a client without it is to do.</summary>
    internal const string Remedy =
        "the token is missing or wrong; send Authorization: Bearer with what is in the engine's "
            + "token file";

    private const string Scheme = "Bearer ";
    private const int LengthBytes = 32;
    private const int LeastCharacters = 16;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly byte[] _hash;

    private ControlToken(string text)
    {
        Text = text;
        _hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
    }

    internal string Text { get; }

    /// <summary>The token of a file, which is made with a new one if it is not there.</summary>
    /// <exception cref="UnixSocketException">Others may read it, or it cannot be
    /// had.</exception>
    public static ControlToken LoadOrCreate(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                Create(path);
            }

            return Load(path);
        }
        catch (ControlException e)
        {
            throw new UnixSocketException(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnixSocketException(
                $"the token's file {path} cannot be made ({e.Message}); name another with token=");
        }
    }

    /// <summary>The token of a file.</summary>
    /// <exception cref="ControlException">Others may read it, or it cannot be read.</exception>
    public static ControlToken Load(string path)
    {
        try
        {
            if ((File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
            {
                throw new ControlException(
                    $"the token's file {path} is not this user's alone; chmod 600 it");
            }

            if (!FileIdentity.IsOwnOrRoots(path))
            {
                throw new ControlException(
                    $"the token's file {path} is another user's, who knows what is in it; remove "
                        + "it, or name another with token=");
            }

            string text = File.ReadAllText(path).Trim();
            return text.Length >= LeastCharacters && !text.Any(char.IsWhiteSpace)
                ? new ControlToken(text)
                : throw new ControlException(
                    $"the token's file {path} holds no token; write {LeastCharacters} characters "
                        + "or more into it, or remove it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ControlException($"the token's file {path} cannot be read ({e.Message})");
        }
    }

    /// <summary>
    /// Whether a request's Authorization has it; takes as long for every wrong one.
    /// </summary>
    internal bool Fits(string authorization) =>
        authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(
            _hash, SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim())));

    /// <summary>Passes a request on that has it, and refuses others.</summary>
    internal Task PassAsync(HttpContext context, Func<Task> next)
    {
        // A browser asks for the page without it; the page has it behind its #, and nothing else.
        if (PageApi.IsPage(context.Request)
            || Fits(context.Request.Headers.Authorization.ToString()))
        {
            return next();
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return ApiExchange.WriteProblemAsync(
            context, StatusCodes.Status401Unauthorized, Remedy);
    }

    // The file is there with its token, or not: of two engines that make it one's counts.
    private static void Create(string path)
    {
        string made = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (FileStream file = new(made, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
            }))
            {
                file.Write(Encoding.ASCII.GetBytes(
                    Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(LengthBytes)) + "\n"));
            }

            File.Move(made, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            return; // another engine was faster
        }
        finally
        {
            File.Delete(made);
        }
    }
}
