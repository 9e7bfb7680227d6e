using System.Runtime.InteropServices;
using Slipway.Linux;
using Slipway.Links;

namespace Slipway.Abi;

/// <summary>What is done with a port while frames pass.</summary>
internal static unsafe partial class Exports
{
    private const uint MostPieces = 64;
    private const int MostFrameBytes = 65_553;
    private const int NetHeaderBytes = 12;

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_input")]
    public static int Input(ulong port, InboundFrame* frames, uint count, uint* taken)
    {
        uint done = 0;
        try
        {
            PortHandle handle = PortOf(port);
            if (handle.Link is not FrameLink link)
            {
                return LastError.Set(
                    Status.Unsupported, "only a port attached by frames takes them by calls");
            }

            Argument.Pointer(frames, "frames");
            Argument.Optional(taken, "taken");
            try
            {
                while (done < count && TryInput(link, frames[done]))
                {
                    done++;
                }
            }
            finally
            {
                link.Wake(); // also those before one that cannot be
            }

            SetTaken(taken, done);
            return done > 0 || count == 0 ? (int)Status.Ok : LastError.Set(
                Status.Again, "there is no room now: try again after the next turn");
        }
        catch (Exception e)
        {
            SetTaken(taken, done);
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_resume")]
    public static int Resume(ulong port)
    {
        try
        {
            (PortOf(port).Link as FrameLink ?? Unsupported<FrameLink>("frames")).Resume();
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_kick")]
    public static int Kick(ulong port)
    {
        try
        {
            (PortOf(port).Link as VringLink ?? Unsupported<VringLink>("vring")).Kick();
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_set_link")]
    public static int SetLink(ulong port, int up) => Call(() =>
    {
        PortHandle handle = OutsideTurn(PortOf(port));
        IPluggable link = handle.Link as IPluggable
            ?? Unsupported<IPluggable>("vring, ring or frames");
        handle.Engine.Engine.Invoke(now => link.SetUp(up != 0, now));
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_info_read")]
    public static int ReadPortInfo(ulong port, PortReport* info) => Call(() =>
    {
        PortHandle handle = PortOf(port);
        (ushort receive, ushort transmit) = BasesOf(handle);
        Argument.Write(info, "info", new PortReport
        {
            ReceiveBase = receive,
            TransmitBase = transmit,
            State = handle.Link is not IPluggable link ? 1
                : link.IsFaulty ? 2 : link.IsUp ? 1 : 0,
            Offloads = (uint)handle.Offloads,
            MtuBytes = (uint)handle.Engine.Engine.Configuration.MtuBytes,
        });
    });

    private static PortHandle PortOf(ulong handle) =>
        HandleTable.Get<PortHandle>(HandleKind.Port, handle);

    private static (ushort Receive, ushort Transmit) BasesOf(PortHandle port)
    {
        (ushort, ushort) bases = default;
        if (port.Link is VringLink link)
        {
            if (port.Engine.Engine.IsInTurn)
            {
                return link.Bases;
            }

            port.Engine.Engine.Invoke(_ => bases = link.Bases);
        }

        return bases;
    }

    private static T Unsupported<T>(string kinds)
        where T : class
    {
        AbiException.Throw(Status.Unsupported, $"this is for a port attached by {kinds}");
        return null;
    }

    private static void SetTaken(uint* taken, uint count)
    {
        if (taken is not null && ((nuint)taken & (sizeof(uint) - 1)) == 0)
        {
            *taken = count;
        }
    }

    // False when there is no room.
    private static bool TryInput(FrameLink link, in InboundFrame frame)
    {
        Check(
            frame.PieceCount is > 0 and <= MostPieces && frame.Pieces is not null,
            Status.InvalidArgument, $"a frame has 1 to {MostPieces} pieces");
        Argument.Pointer(frame.Pieces, "pieces");
        nuint length = 0;
        for (uint i = 0; i < frame.PieceCount; i++)
        {
            IoVector piece = frame.Pieces[i];
            Check(
                piece.Length <= MostFrameBytes && (piece.Base is not null || piece.Length == 0),
                Status.InvalidArgument, $"piece {i} of a frame cannot be");
            length += piece.Length;
        }

        Check(
            length is > 0 and <= MostFrameBytes, Status.InvalidArgument,
            $"a frame of {length} bytes cannot be; it has 1 to {MostFrameBytes}");
        Check(
            ((nuint)frame.Header & (sizeof(ushort) - 1)) == 0, Status.InvalidArgument,
            "header is not aligned to 2 bytes");
        ReadOnlySpan<byte> header = frame.Header is null
            ? default : new ReadOnlySpan<byte>(frame.Header, NetHeaderBytes);
        return link.TryInput(header, (int)length, frame, static (room, given) =>
        {
            for (uint i = 0; i < given.PieceCount; i++)
            {
                IoVector piece = given.Pieces[i];
                new ReadOnlySpan<byte>(piece.Base, (int)piece.Length).CopyTo(room);
                room = room[(int)piece.Length..];
            }
        });
    }
}
