using System.Text.Json;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Keeps leases in a JSON file over restarts. The worker says that they changed; a task writes the
/// latest snapshot a moment later, so that a burst is one write. The file is replaced as a whole
/// (written beside, flushed to the disk, renamed): a crash leaves the old or the new one.
/// </summary>
public sealed class LeaseStore : IDisposable
{
    private const long MaxFileLengthBytes = 16 << 20;
    private readonly string _path;
    private readonly Action<string> _report;
    private readonly TimeSpan _delay;
    private readonly TimeSpan _retryDelay;
    private readonly Lock _writing = new();
    private readonly CancellationTokenSource _stopping = new();
    private LeaseSnapshot? _latest;
    private LeaseSnapshot? _written;
    private int _scheduled;
    private bool _failing;

    /// <param name="path">The lease file; its folder must exist.</param>
    /// <param name="report">
    /// Told in a sentence what went wrong, once for each time it begins to.
    /// </param>
    /// <param name="delay">From a change to its write; a second if null.</param>
    /// <param name="retryDelay">From a failed write to the next; half a minute if null.</param>
    public LeaseStore(
        string path, Action<string> report, TimeSpan? delay = null, TimeSpan? retryDelay = null)
    {
        _path = Path.GetFullPath(path);
        _report = report;
        _delay = delay ?? TimeSpan.FromSeconds(1);
        _retryDelay = retryDelay ?? TimeSpan.FromSeconds(30);
    }

    /// <summary>
    /// Reads the file at start. A file that is not there is empty; one that cannot be understood is
    /// reported, kept aside as PATH.bad, and empty.
    /// </summary>
    public IReadOnlyList<LeaseEntry> Load()
    {
        try
        {
            return Parse(ReadBounded());
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (Exception error)
            when (error is JsonException or FormatException or InvalidDataException)
        {
            _report($"lease file {_path} is damaged and was kept as {_path}.bad: {error.Message}");
            KeepAside();
            return [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _report($"lease file {_path} cannot be read, no leases are restored: {error.Message}");
            return [];
        }
    }

    /// <summary>
    /// Says that these are the leases now. Returns at once; called by the worker.
    /// </summary>
    public void Changed(LeaseSnapshot snapshot)
    {
        Volatile.Write(ref _latest, snapshot);
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            _ = WriteLaterAsync(_delay);
        }
    }

    /// <summary>Writes what is not yet written, and ends.</summary>
    public void Dispose()
    {
        if (!_stopping.IsCancellationRequested)
        {
            _stopping.Cancel();
            WriteLatest();
        }
    }

    private async Task WriteLaterAsync(TimeSpan delay)
    {
        await Task.Delay(delay, _stopping.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        // From here on a change schedules the next write; what it changed is in _latest before.
        Volatile.Write(ref _scheduled, 0);
        if (!WriteLatest() && Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            _ = WriteLaterAsync(_retryDelay);
        }
    }

    private bool WriteLatest()
    {
        bool isWritten = WriteLatest(out string? mistake);
        if (mistake is not null)
        {
            _report(mistake); // without the lock: who hears it may wait for who wants it
        }

        return isWritten;
    }

    private bool WriteLatest(out string? mistake)
    {
        mistake = null;
        lock (_writing)
        {
            LeaseSnapshot? snapshot = Volatile.Read(ref _latest);
            if (snapshot is null || ReferenceEquals(snapshot, _written))
            {
                return true;
            }

            string temporary = _path + ".tmp";
            try
            {
                using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write))
                {
                    JsonSerializer.Serialize(
                        file, ToFile(snapshot, SteadyTime.Shared.WallAheadSeconds),
                        LeaseFileContext.Default.LeaseFile);
                    file.Flush(flushToDisk: true);
                }

                File.Move(temporary, _path, overwrite: true);
                _written = snapshot;
                _failing = false;
                return true;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Leases still work, only not over a restart: said once until a write succeeds.
                if (!_failing)
                {
                    _failing = true;
                    mistake = $"lease file {_path} cannot be written, leases will not survive a "
                        + $"restart: {error.Message}";
                }

                TryDelete(temporary);
                return false;
            }
        }
    }

    private byte[] ReadBounded()
    {
        if (!File.Exists(_path))
        {
            throw new FileNotFoundException(_path);
        }

        long length = new FileInfo(_path).Length;
        return length <= MaxFileLengthBytes
            ? File.ReadAllBytes(_path)
            : throw new InvalidDataException($"{length} bytes is more than leases take");
    }

    private static List<LeaseEntry> Parse(byte[] bytes)
    {
        LeaseFile? file = JsonSerializer.Deserialize(bytes, LeaseFileContext.Default.LeaseFile);
        if (file?.Leases is null || file.Version != LeaseFile.CurrentVersion)
        {
            throw new InvalidDataException(
                $"version {file?.Version} is not {LeaseFile.CurrentVersion}");
        }

        List<LeaseEntry> leases = new(file.Leases.Count);
        foreach (LeaseFileEntry? entry in file.Leases)
        {
            if (entry?.Client is null || !IpAddress.TryParse(entry.Address, out IpAddress address)
                || !MacAddress.TryParse(entry.Mac, out MacAddress mac))
            {
                throw new InvalidDataException(
                    $"a lease of '{entry?.Address}' to '{entry?.Mac}' is none");
            }

            leases.Add(new LeaseEntry(
                address,
                mac,
                Convert.FromHexString(entry.Client),
                entry.HostName,
                entry.Expires.ToUnixTimeSeconds(),
                IsStatic: false));
        }

        return leases;
    }

    // Who reads it knows the time of day alone.
    private static LeaseFile ToFile(LeaseSnapshot snapshot, long aheadSeconds) => new()
    {
        Leases = [.. snapshot.Leases.Values
            .Where(entry => entry.ExpiresSeconds > 0)
            .OrderBy(entry => entry.Address)
            .Select(entry => new LeaseFileEntry
            {
                Address = entry.Address.ToString(),
                Mac = entry.Mac.ToString(),
                Client = Convert.ToHexStringLower(entry.Client),
                HostName = entry.HostName,
                Expires = entry.Expires.AddSeconds(aheadSeconds),
            })],
    };

    private void KeepAside()
    {
        try
        {
            File.Move(_path, _path + ".bad", overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _report($"lease file {_path} could not be kept aside: {error.Message}");
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What is left over is overwritten by the next write; its failure has been reported.
            _ = error;
        }
    }
}
